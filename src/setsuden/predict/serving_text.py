"""A served model as a JSON document, published as ``predict-serving``, and as text."""

from __future__ import annotations

from typing import Any

from setsuden.language import Language, Messages
from setsuden.predict.document import LEVEL_KEYS, guessed_line
from setsuden.predict.serving_job import ServingPrediction
from setsuden.quantity import Estimate, render

_FIGURES = ("request_energy", "token_energy", "idle", "prefill", "decode", "power", "saturation", "served",
            "busy_share", "batch", "latency")  # fmt: skip


def serving_document(result: ServingPrediction) -> dict[str, Any]:
    """Plain data; latency is null where more is asked than can be answered."""
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
        "overload_chance": result.overload_chance,
        "level": result.level,
        "calibration_rows": result.calibration_rows,
        "narrows_most": result.narrows_most,
        "outside": result.outside or None,
        "guessed": list(result.guessed),
    }


def serving_text(result: ServingPrediction, language: Language) -> str:
    """A few lines for a terminal."""
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
    if result.latency is None:
        lines.append(say("overloaded"))
    elif result.overload_chance > 0.01:
        lines.append(say("may_overload", chance=f"{result.overload_chance:.0%}"))
    level = shared(LEVEL_KEYS[result.level], kind=shared("class_gpu"))
    lines.append(shared("level", level=level, rows=result.calibration_rows, counted=shared("counted_device")))
    lines.append(guessed_line(result.guessed, words))
    if result.outside:
        lines.append(shared("outside", reason=shared("size_" + result.outside.replace(" ", "_"))))
    lines.append(say("narrows", remedy=say(f"narrow_{result.narrows_most}")))
    return "\n".join(lines)
