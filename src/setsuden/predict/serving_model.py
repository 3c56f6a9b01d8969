"""A server from what is known of a language model and a device.

Seconds and joules of an output token at every batch come from the predictor of whole tables
(``setsuden.predict.table``) with its intervals. What the tables cannot tell is assumed: a prompt token is arithmetic at
``PREFILL_SHARE`` of the peak, and a loaded device without requests draws ``IDLE_OVER_SHEET`` times the idle power of
its data sheet, or ``IDLE_SHARE`` of its design power where none is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from setsuden.errors import InputError
from setsuden.predict.frame import Floats
from setsuden.predict.serving import Server
from setsuden.predict.sheet import Sheet, sheet
from setsuden.predict.table import fit

PREFILL_SHARE = (0.4, 0.2, 0.7)  # of the peak arithmetic rate while prompts are read: middle, low, high
PREFILL_POWER = 0.9  # of the design power meanwhile
IDLE_OVER_SHEET = (1.25, 1.0, 2.0)  # a loaded model keeps memory and clocks awake
IDLE_SHARE = (0.12, 0.05, 0.25)  # of the design power
USUAL_PROMPT = 300.0  # tokens; measured joules of an output token hold a prompt of about so many (chat)
_MOST_TOGETHER = 4096
Part = Literal["time", "energy", "prefill", "idle"]
PARTS: tuple[Part, ...] = ("time", "energy", "prefill", "idle")


@dataclass(frozen=True, slots=True)
class Llm:
    """A language model: millions of parameters, and how many of them a token uses (a mixture of experts: fewer)."""

    name: str
    params_m: float
    active_params_m: float

    def __post_init__(self) -> None:
        if not 0 < self.active_params_m <= self.params_m:
            used = self.active_params_m
            raise InputError("a token uses some of the parameters, at most all", place=self.name, value=used)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What is asked: requests a second of the whole installation, and tokens of a request."""

    requests_per_s: float
    prompt_tokens: float
    output_tokens: float


@dataclass(frozen=True, slots=True)
class Installation:
    """Where it runs.

    devices       of one replica together: a model that needs four cards has four
    replicas      requests are shared evenly among them, at random
    concurrency   most requests a replica decodes together
    idle_w        of one device with the model loaded, if it was measured
    """

    device: str
    devices: int = 1
    replicas: int = 1
    concurrency: int = 64
    precision: str = "bf16"
    idle_w: float | None = None

    def __post_init__(self) -> None:
        for name in ("devices", "replicas", "concurrency"):
            if getattr(self, name) < 1:
                raise InputError("must be at least 1", place=name, value=getattr(self, name))
        if self.concurrency > _MOST_TOGETHER:
            raise InputError(f"must be at most {_MOST_TOGETHER}", place="concurrency", value=self.concurrency)
        if self.idle_w is not None and not self.idle_w > 0:
            raise InputError("idle power must be above zero", place="idle_w", value=self.idle_w)


@dataclass(frozen=True, slots=True)
class Known:
    """Figures of one replica and how far each may be off: natural logarithms, 5 % down and 95 % up, by batch."""

    seconds: Floats
    seconds_off: tuple[Floats, Floats]
    joules: Floats
    joules_off: tuple[Floats, Floats]
    prompt_s: float
    idle_w: tuple[float, float, float]
    design_w: float
    usual_share: float
    outside: tuple[str, ...]
    guessed: tuple[str, ...]
    sheet_known: bool

    @classmethod
    def of(cls, model: Llm, traffic: Traffic, installation: Installation, own: list[Mapping[str, Any]]) -> Known:
        """Everything at every batch up to the concurrency; ``own`` are measured rows of this device."""
        precision = {"fp32": "fp32", "bf16": "bfloat16", "fp16": "float16"}.get(
            installation.precision, installation.precision
        )
        row = {
            "mode": "infer",
            "task": "",
            "model": model.name,
            "group": model.name,
            "params_m": model.params_m,
            "active_params_m": model.active_params_m,
            "input": f"mean output {traffic.output_tokens:g} tokens",
            "precision": precision,
            "framework": "vllm",
            "device": installation.device,
            "device_class": "gpu",
            "device_count": installation.devices,
            "unit": "output token",
            "scope": "gpu",
        }
        asked = [{**row, "batch_size": batch} for batch in range(1, installation.concurrency + 1)]
        clock, counter = fit(own, "seconds_per_unit"), fit(own, "energy_j")
        seconds, joules = clock.predict(asked), counter.predict(asked)
        off = []
        for predictor, middle in ((clock, seconds), (counter, joules)):
            low, high = predictor.interval(asked)
            off.append((np.log(middle / np.minimum(low, middle)), np.log(np.maximum(high, middle) / middle)))
        found = sheet(installation.device, "gpu", precision)
        idle, assumed = _idle_w(found, installation)
        peak = found.flops * installation.devices
        prompt_s = 2 * model.active_params_m * 1e6 / (PREFILL_SHARE[0] * peak)
        return cls(
            seconds=seconds,
            seconds_off=off[0],
            joules=joules,
            joules_off=off[1],
            prompt_s=prompt_s,
            idle_w=idle,
            design_w=found.power_w * installation.devices,
            usual_share=USUAL_PROMPT / traffic.output_tokens,
            outside=clock.outside(asked),
            guessed=(*found.guessed, *assumed, "prefill rate"),
            sheet_known=found.known,
        )

    def server(self, deviates: Mapping[Part, float]) -> Server:
        """The server when every part is off by so many deviations (+-1.645 are the ends of its interval)."""
        seconds = self.seconds * np.exp(_off(self.seconds_off, deviates["time"]))
        joules = self.joules * np.exp(_off(self.joules_off, deviates["energy"]))
        idle_w = _between(self.idle_w, deviates["idle"])
        prompt_s = self.prompt_s * PREFILL_SHARE[0] / _between(PREFILL_SHARE, -deviates["prefill"])
        prompt_j = prompt_s * PREFILL_POWER * self.design_w
        # A device draws at least idle and at most design power while it works.
        joules = np.clip(joules, idle_w * seconds, self.design_w * seconds)
        # The measured figures hold a usual prompt; it is told apart, but never more than half of them.
        decode_s = np.maximum(seconds - self.usual_share * prompt_s, seconds / 2)
        decode_j = np.maximum(joules - self.usual_share * prompt_j, joules / 2)
        return Server(
            np.minimum.accumulate(decode_s), np.minimum.accumulate(decode_j), float(prompt_s), float(prompt_j), idle_w
        )


def _idle_w(found: Sheet, installation: Installation) -> tuple[tuple[float, float, float], tuple[str, ...]]:
    """Middle, low and high of one replica, and whether it was assumed."""
    if installation.idle_w is not None:
        watts = installation.idle_w * installation.devices
        return (watts, 0.98 * watts, 1.02 * watts), ()
    base, shares = (found.idle_w, IDLE_OVER_SHEET) if found.idle_w else (found.power_w, IDLE_SHARE)
    watts = base * installation.devices
    return (shares[0] * watts, shares[1] * watts, shares[2] * watts), ("idle power with the model loaded",)


def _off(off: tuple[Floats, Floats], deviate: float) -> Floats:
    return off[1] * (deviate / 1.645) if deviate > 0 else off[0] * (deviate / 1.645)


def _between(told: tuple[float, float, float], deviate: float) -> float:
    """A figure so many deviations off its middle, on the logarithm; +-1.645 are its low and high."""
    middle, low, high = told
    end = high if deviate > 0 else low
    return float(middle * np.exp(abs(deviate) / 1.645 * np.log(end / middle)))
