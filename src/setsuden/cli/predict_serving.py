"""``setsuden predict ... --requests-per-second``: a language model that is served."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from setsuden.cli.common import print_json, tell
from setsuden.errors import InputError
from setsuden.language import Language

if TYPE_CHECKING:
    from setsuden.predict.serving_model import Llm

_SHORT = re.compile(r"llm:(\d+(?:\.\d+)?)b?(?:-a(\d+(?:\.\d+)?)b?)?", re.IGNORECASE)
_TOKENS, _CONCURRENCY = 300, 64


def predict_serving(
    target: str,
    device: str,
    precision: str,
    requests_per_s: float,
    told: Mapping[str, float | None],
    rows: Path | None,
    site: str | None,
    as_json: bool,
    language: Language,
) -> None:
    """Print the prediction; ``told`` holds the options of serving by name, None where one was not given."""
    from setsuden.cli.predict import HERE, measured_rows, priced_at
    from setsuden.predict.serving_job import predict_serving as predicted
    from setsuden.predict.serving_model import Installation, Traffic
    from setsuden.predict.serving_text import serving_document, serving_text

    if device == HERE:
        raise InputError(
            "serving is predicted for a device of the catalogue",
            place="--device",
            value=device,
            remedy='Example: --device "NVIDIA H100".',
        )
    whole = {name: int(value) for name, value in told.items() if value is not None and name != "idle_power"}
    traffic = Traffic(requests_per_s, whole.get("prompt_tokens", _TOKENS), whole.get("output_tokens", _TOKENS))
    installation = Installation(
        device,
        devices=whole.get("devices", 1),
        replicas=whole.get("replicas", 1),
        concurrency=whole.get("concurrency", _CONCURRENCY),
        precision=_precision(precision),
        idle_w=told.get("idle_power"),
    )
    result = predicted(language_model(target), traffic, installation, measured_rows(rows))
    priced = priced_at(replace(result.request_energy, unit="J"), site)  # of one request
    if as_json:
        print_json(serving_document(result, priced))
    else:
        tell(serving_text(result, language, priced))


def _precision(told: str) -> str:
    """What was asked for; language models are served in 16 bits where nothing was."""
    source = click.get_current_context().get_parameter_source("precision")
    return "bf16" if source is ParameterSource.DEFAULT else told


def language_model(target: str) -> Llm:
    """``llm:8`` or ``llm:30-a3`` in 10^9 parameters, else a target of ``profile``, all of whose parameters are used."""
    from setsuden.predict.serving_model import Llm

    short = _SHORT.fullmatch(target)
    if short is not None:
        params_m = 1e3 * float(short[1])
        return Llm(target, params_m, 1e3 * float(short[2]) if short[2] else params_m)
    if target.startswith("llm:"):
        raise InputError(
            "not a number of parameters", place="TARGET", value=target, remedy="Examples: llm:8, llm:30-a3."
        )
    from setsuden.workload.profile import profile

    found = profile(target, batch_size=1)
    params_m = max(found.parameters, 1) / 1e6
    return Llm(found.name, params_m, params_m)
