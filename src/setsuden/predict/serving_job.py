"""The long run of an installation that serves a language model, as estimates with 90 % intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import NormalDist
from typing import Any

import numpy as np

from setsuden.predict.frame import Floats
from setsuden.predict.level import level
from setsuden.predict.serving import Server, Steady, steady
from setsuden.predict.serving_model import PARTS, Installation, Known, Llm, Part, Traffic
from setsuden.quantity import DEVICE, Estimate, Provenance

_DRAWS, _SEED = 400, 0
_MIDDLE: dict[Part, float] = dict.fromkeys(PARTS, 0.0)


@dataclass(frozen=True, slots=True)
class ServingPrediction:
    """The long run of an installation; estimates hold with 90 %, device boundary.

    saturation     requests a second of all replicas together at the most
    served         requests a second that are answered
    overload_chance  share of what is possible (0-1) in which more is asked than can be answered
    latency        from arrival to the last token; None where the likeliest case is overloaded
    idle, prefill, decode   joules of a served request, by what they were spent on
    narrows_most   which figure makes the joules of a request uncertain
    outside        size that lies outside what was measured, '' where none does
    guessed        figures of the device that were assumed rather than published or measured
    """

    model: Llm
    traffic: Traffic
    installation: Installation
    request_energy: Estimate
    token_energy: Estimate
    idle: Estimate
    prefill: Estimate
    decode: Estimate
    power: Estimate
    saturation: Estimate
    served: Estimate
    busy_share: Estimate
    batch: Estimate
    latency: Estimate | None
    overload_chance: float
    level: str
    calibration_rows: int
    narrows_most: Part
    outside: str
    guessed: tuple[str, ...]


def predict_serving(
    model: Llm, traffic: Traffic, installation: Installation, rows: Sequence[Mapping[str, Any]] = ()
) -> ServingPrediction:
    """Joules of a served request and of an output token at a rate of requests.

    rows   measured rows of decoding on this device, on the columns of the public tables

    Raises InputError for no requests, no output, no replica, or a batch beyond 4096.
    """
    own = [row for row in rows if str(row.get("device", "")) == installation.device]
    known = Known.of(model, traffic, installation, own)
    rate = traffic.requests_per_s / installation.replicas
    run = partial(steady, requests_per_s=rate, prompt_tokens=traffic.prompt_tokens, output_tokens=traffic.output_tokens)
    middle = run(known.server(_MIDDLE))
    deviates = np.random.default_rng(_SEED).uniform(-1.0, 1.0, (_DRAWS, len(PARTS)))
    normal = _normal(deviates)
    servers = [known.server(dict(zip(PARTS, row, strict=True))) for row in normal]
    runs = [run(server) for server in servers]
    replicas = installation.replicas

    def told(of: Callable[[Steady], float], unit: str, scale: float = 1.0) -> Estimate:
        return _estimate(scale * of(middle), [scale * of(one) for one in runs], unit)

    request = told(lambda one: one.request_j, "J/request")
    # A measured idle power needs no measuring.
    unknown = [part for part in PARTS if part != "idle" or installation.idle_w is None]
    widths = {part: _width_of(part, known, run) for part in unknown}
    ceiling = [one.saturation_per_s(traffic.prompt_tokens, traffic.output_tokens) for one in servers]
    at_middle = known.server(_MIDDLE).saturation_per_s(traffic.prompt_tokens, traffic.output_tokens)
    latencies = [np.inf if one.latency_s is None else one.latency_s for one in runs]
    return ServingPrediction(
        model=model,
        traffic=traffic,
        installation=installation,
        request_energy=request,
        token_energy=told(lambda one: one.request_j / traffic.output_tokens, "J/token"),
        idle=told(lambda one: one.idle_j, "J/request"),
        prefill=told(lambda one: one.prefill_j, "J/request"),
        decode=told(lambda one: one.decode_j, "J/request"),
        power=told(lambda one: one.power_w, "W", replicas),
        saturation=_estimate(replicas * at_middle, [replicas * one for one in ceiling], "request/s", plain=True),
        served=_estimate(replicas * middle.served_per_s, [replicas * one.served_per_s for one in runs], "request/s",
                         plain=True),
        busy_share=_estimate(middle.busy_share, [one.busy_share for one in runs], "1", plain=True),
        batch=_estimate(middle.batch, [one.batch for one in runs], "1", plain=True),
        latency=None if middle.latency_s is None else _bounded(middle.latency_s, latencies),
        overload_chance=float(np.mean([one.overloaded for one in runs])),
        level=level(sheet=known.sheet_known, runs=bool(own)),
        calibration_rows=len(own),
        narrows_most=max(widths, key=lambda part: widths[part]),
        outside=known.outside[round(middle.batch) - 1],
        guessed=known.guessed,
    )  # fmt: skip


def _normal(uniform: Floats) -> Floats:
    """Normal deviates of uniform ones in -1..1, cut at 2.5 so that no draw is absurd."""
    inverse = np.vectorize(NormalDist().inv_cdf)
    return np.asarray(np.clip(inverse(np.clip((uniform + 1) / 2, 1e-4, 1 - 1e-4)), -2.5, 2.5))


def _width_of(part: Part, known: Known, run: Callable[[Server], Steady]) -> float:
    """Logarithm of how far the joules of a request move when this part alone goes from low to high."""
    ends = [run(known.server({**_MIDDLE, part: end})).request_j for end in (-1.645, 1.645)]
    return abs(float(np.log(ends[1] / ends[0])))


def _estimate(value: float, draws: Sequence[float], unit: str, *, plain: bool = False) -> Estimate:
    low, high = np.quantile(draws, (0.05, 0.95))
    boundary = None if plain else DEVICE
    return Estimate(value, min(float(low), value), max(float(high), value), unit, Provenance.ESTIMATED, boundary)


def _bounded(value: float, draws: Sequence[float]) -> Estimate:
    """Latency: where it has no upper end, a thousandfold of the middle stands for it."""
    finite = [min(one, 1000 * value) for one in draws]
    return _estimate(value, finite, "s", plain=True)
