"""A served model as a JSON document, published as ``predict-serving``, and as text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from setsuden.language import Language, Messages
from setsuden.predict.document import guessed_line, level_line
from setsuden.predict.serving_job import ServingPrediction
from setsuden.quantity import Estimate, render

if TYPE_CHECKING:
    from setsuden.footprint import Footprint

_FIGURES = ("request_energy", "token_energy", "idle", "prefill", "decode", "power", "saturation", "served",
            "busy_share", "batch", "latency")  # fmt: skip


def serving_document(result: ServingPrediction, priced: Footprint | None = None) -> dict[str, Any]:
    """Plain data; latency is null where more is asked than can be answered. ``priced`` is one request's."""
    carbon = request_carbon(priced)
    model, traffic, place = result.model, result.traffic, result.installation
    figures: dict[str, Estimate | None] = {name: getattr(result, name) for name in _FIGURES}
    return {
        "schema": "setsuden:predict-serving",
        "model": model.name,
        "params_m": model.params_m,
        "active_params_m": model.active_params_m,
        "device": place.device,
        "devices": place.devices,
        "replicas": place.replicas,
        "concurrency": place.concurrency,
        "precision": place.precision,
        "requests_per_s": traffic.requests_per_s,
        "prompt_tokens": traffic.prompt_tokens,
        "output_tokens": traffic.output_tokens,
        **{name: None if figure is None else figure.to_json() for name, figure in figures.items()},
        "carbon": None if carbon is None else carbon.to_json(),
        "factors": [] if priced is None else [factor.to_json() for factor in priced.factors],
        "overload_chance": result.overload_chance,
        "level": result.level,
        "calibration_rows": result.calibration_rows,
        "narrows_most": result.narrows_most,
        "outside": result.outside or None,
        "guessed": list(result.guessed),
    }


def request_carbon(priced: Footprint | None) -> Estimate | None:
    """Carbon of one request, from the footprint of its energy."""
    return None if priced is None else replace(priced.operational_carbon.to("gCO2e"), unit="gCO2e/request")


def serving_text(result: ServingPrediction, language: Language, priced: Footprint | None = None) -> str:
    """A few lines for a terminal; ``priced`` is one request's."""
    say = Messages("serving", language).say
    words = Messages("predict", language)
    shared = words.say
    model, traffic, place = result.model, result.traffic, result.installation
    lines = [
        say(
            "title",
            name=model.name,
            device=place.device,
            count=place.devices * place.replicas,
            rate=f"{traffic.requests_per_s:g}",
            prompt=f"{traffic.prompt_tokens:g}",
            output=f"{traffic.output_tokens:g}",
        )
    ]
    lines += [say(name, figure=render(figure)) for name in _FIGURES if (figure := getattr(result, name)) is not None]
    carbon = request_carbon(priced)
    if carbon is not None:
        lines.append(say("carbon", figure=render(carbon)))
    if result.latency is None:
        lines.append(say("overloaded"))
    elif result.overload_chance > 0.01:
        lines.append(say("may_overload", chance=f"{result.overload_chance:.0%}"))
    lines.append(level_line(result.level, "gpu", result.calibration_rows, "counted_device", words))
    lines.append(guessed_line(result.guessed, words))
    if result.outside:
        lines.append(shared("outside", reason=shared("size_" + result.outside.replace(" ", "_"))))
    lines.append(say("narrows", remedy=say(f"narrow_{result.narrows_most}")))
    return "\n".join(lines)
