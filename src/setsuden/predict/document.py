"""A prediction as a JSON document and as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from setsuden.language import Language, Messages
from setsuden.language.columns import pad, width
from setsuden.predict.job import Prediction
from setsuden.predict.level import HERE, NOTHING, RUNS, SHEET, SPEED, parts
from setsuden.quantity import NODE, Estimate, render

if TYPE_CHECKING:
    from setsuden.footprint import Footprint

_LEVEL_KEYS = {
    NOTHING: "level_none",
    SHEET: "level_sheet",
    RUNS: "level_runs",
    HERE: "level_here",
    SPEED: "level_speed",
}


def document(result: Prediction, priced: Footprint | None = None) -> dict[str, Any]:
    """Plain data; its schema is published as ``predict``."""
    return {
        "schema": "setsuden:predict",
        "model": result.work.name,
        "device": result.device,
        "device_class": result.device_class,
        "training": result.training,
        "batch_size": result.batch_size,
        "precision": result.precision,
        "samples": result.samples,
        "throughput": result.throughput,
        "gmacs_per_sample": result.work.gmacs,
        "params_m": result.work.params_m,
        "activations_m_per_sample": result.work.macts_m,
        "time": result.time.to_json(),
        "power": result.power.to_json(),
        "energy": result.energy.to("kWh").to_json(),
        "energy_per_sample": result.energy_per_sample.to_json(),
        "carbon": priced.operational_carbon.to_json() if priced is not None else None,
        "factors": [factor.to_json() for factor in priced.factors] if priced is not None else [],
        "level": result.level,
        "calibration_rows": result.calibration_rows,
        "outside": result.outside or None,
        "narrows_most": result.narrows_most,
        "guessed": list(result.guessed),
    }


def text(result: Prediction, language: Language, priced: Footprint | None = None) -> str:
    """A few lines for a terminal."""
    words = Messages("predict", language)
    kind = words.say("training" if result.training else "inference")
    lines = [
        words.say(
            "title",
            name=result.work.name,
            device=result.device,
            kind=kind,
            samples=f"{result.samples:,.0f}",
            batch_size=result.batch_size,
            precision=result.precision,
        )
    ]
    figures: list[tuple[str, Estimate]] = [
        ("energy", _readable(result.energy, (("kWh", 3.6e6), ("Wh", 3.6e3), ("J", 1.0)))),
        ("time", _readable(result.time, (("h", 3600.0), ("s", 1.0)))),
        ("power", result.power),
        ("per_sample", result.energy_per_sample),
    ]
    if priced is not None:
        figures.append(("carbon", priced.operational_carbon))
    cells = max(width(words.say(key)) for key, _ in figures)
    lines += ["  " + pad(words.say(key), cells + 2) + render(figure) for key, figure in figures]
    counted = "counted_board" if result.energy.boundary == NODE else "counted_device"
    lines.append(level_line(result.level, result.device_class, result.calibration_rows, counted, words))
    if result.guessed:
        lines.append(guessed_line(result.guessed, words))
    if result.outside:
        lines.append(words.say("outside", reason=words.say("size_" + result.outside.replace(" ", "_"))))
    remedy = "narrow_runs" if result.device_class in ("cpu", "gpu") else "narrow_rows"
    if HERE in parts(result.level):
        remedy = "narrow_here"
    lines.append(words.say("narrows", what=words.say(result.narrows_most), remedy=words.say(remedy)))
    if result.narrows_most == "time" and result.throughput is None:
        lines.append(words.say("narrow_time"))
    return "\n".join(lines)


def level_line(level: str, device_class: str, rows: int, counted: str, words: Messages) -> str:
    """What is known of a device and how many measured rows were used; ``counted`` names what the figures hold."""
    kind = words.say(f"class_{device_class}")
    known = words.say("separator").join(words.say(_LEVEL_KEYS[part], kind=kind) for part in parts(level))
    return words.say("level", level=known, rows=rows, counted=words.say(counted))


def guessed_line(figures: Iterable[str], words: Messages) -> str:
    """Figures of a device that were guessed, by name."""
    return words.say("guessed", figures=", ".join(words.say("guess_" + name.replace(" ", "_")) for name in figures))


def _readable(estimate: Estimate, units: tuple[tuple[str, float], ...]) -> Estimate:
    """The same figure in the largest unit of which it has at least one."""
    base = units[-1][1]
    for name, size in units:
        if estimate.value >= size / base:
            return estimate.to(name)
    return estimate
