"""What a job will cost: so many samples of a profiled model on a named device, before it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, inf
from typing import TYPE_CHECKING, Any, Literal

from setsuden.errors import InputError
from setsuden.predict.domain import domains_of
from setsuden.predict.drawn import fitted, sheet_of, spread, watts_at_work
from setsuden.predict.figures import estimated, joined, product, widened, width
from setsuden.predict.frame import rows_of
from setsuden.predict.level import level
from setsuden.predict.posterior import normal_quantile
from setsuden.predict.sheet import class_of, is_cpu
from setsuden.predict.shipped import PLAIN
from setsuden.predict.table import Predictor, fit
from setsuden.quantity import DEVICE, NODE, Estimate, Provenance

if TYPE_CHECKING:
    from setsuden.workload.profile import Profile

# Boards and microcontrollers have laws of their own, for they have no data sheet of rates: what a row of one says.
_MEASURED_AS = {"edge": ("sample", "whole system, wall"), "mcu": ("inference", "device rail")}
_RATES = {"device_flops": "arithmetic rate", "device_bytes_per_s": "memory bandwidth"}


@dataclass(frozen=True, slots=True)
class Work:
    """One model as a predictor sees it, per sample.

    params_m     millions of parameters
    gmacs        10^9 multiply-accumulates of one forward pass
    macts_m      10^6 elements that contractions put out in one forward pass
    input_shape  of one sample, without the batch; () where it is not known
    """

    name: str
    params_m: float
    gmacs: float
    macts_m: float
    input_shape: tuple[int, ...] = ()

    @property
    def input_text(self) -> str:
        """The input as tables write it: height x width x channels for images."""
        shape = self.input_shape
        return "x".join(str(side) for side in (*shape[1:], shape[0])) if len(shape) == 3 else "x".join(map(str, shape))


def work_of(profile: Profile) -> Work:
    """The work of a profile of the forward pass, per sample."""
    shapes = [row.shapes[0] for _, node in profile.tree.walk() for row in node.rows if row.shapes]
    image = next((shape for shape in shapes if len(shape) == 4), None)
    return Work(
        profile.name,
        max(profile.parameters, 1) / 1e6,
        profile.macs_per_sample / 1e9,
        max(profile.activation_elements_per_sample, 1.0) / 1e6,
        tuple(image[1:]) if image is not None else (),
    )


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a job takes; every figure an ``Estimate``, provenance ``estimated``.

    device_class       what the device is taken for
    energy, power      of the device alone: boundary ``device``; of a board at the wall: ``node``
    level              what is known of the device
    outside            which size of the work lies outside what was measured; '' where none does
    throughput         samples a second that were timed and told; None: the time is predicted
    narrows_most       'time' or 'power': which of the two makes the energy uncertain
    guessed            figures of the device that no data sheet gave
    """

    work: Work
    device: str
    device_class: str
    batch_size: int
    precision: str
    training: bool
    samples: float
    throughput: float | None
    time: Estimate
    power: Estimate
    energy: Estimate
    energy_per_sample: Estimate
    level: str
    calibration_rows: int
    outside: str
    narrows_most: Literal["time", "power"]
    guessed: tuple[str, ...]


def row_of(
    work: Work, device: str, *, batch_size: int, precision: str, training: bool, device_class: str = ""
) -> dict[str, Any]:
    """The columns of a measured table for one configuration, cost left open.

    device_class   '' says processor or accelerator by the name of the device
    """
    row = {
        "mode": "train" if training else "infer",
        "task": "",
        "model": work.name,
        "group": work.name,
        "params_m": work.params_m,
        "gmacs": work.gmacs,
        "macts_m": work.macts_m,
        "input": work.input_text,
        "batch_size": batch_size,
        "precision": precision,
        "device": device,
        "device_class": device_class or ("cpu" if is_cpu(device, "") else "gpu"),
        "device_count": 1,
    }
    if device_class in _MEASURED_AS:
        unit, scope = _MEASURED_AS[device_class]
        return {**row, "unit": unit, "scope": scope, **({"group": device} if device_class == "mcu" else {})}
    named = {"bf16": "amp_bf16", "fp16": "amp"}.get(precision, precision)
    return {**row, "precision": named, "framework": "pytorch nchw eager", "unit": "sample", "scope": "device"}


def predict(
    work: Work,
    device: str,
    *,
    samples: float,
    batch_size: int = 1,
    training: bool = False,
    precision: str = "fp32",
    rows: Sequence[Mapping[str, Any]] = (),
    calibrated_here: bool = False,
    device_class: str = "",
    throughput: float | None = None,
) -> Prediction:
    """Time, power and energy of passing ``samples`` samples through a model on one device.

    device           as its driver or the catalogue names it
    samples          training: samples x epochs; inference: how many are answered; above zero
    precision        fp32, tf32, bf16, fp16, fp8 or int8
    rows             measured rows of this device, if there are any
    calibrated_here  the rows come from ``setsuden calibrate`` on this very machine
    device_class     gpu, cpu, edge (a single board) or mcu; '' goes by the rows, else by the name
    throughput       samples a second of this very job, if it was timed: what is left to predict is its power

    Intervals hold with 90 %. Raises InputError for work without multiply-accumulates, fewer than one sample or a
    throughput that is not above zero.
    """
    if not work.gmacs > 0:
        raise InputError("a model without multiply-accumulates cannot be predicted", place=work.name, value=work.gmacs)
    if not samples > 0:
        raise InputError("the number of samples must be above zero", place="samples", value=samples)
    if throughput is not None and not 0 < throughput < inf:
        raise InputError("samples a second are a number above zero", place="throughput", value=throughput)
    own = [row for row in rows if str(row.get("device", "")) == device]
    kind = device_class or class_of(device, str(own[0].get("device_class") or "") if own else "")
    rates = {name: own[0][name] for name in _RATES if own and own[0].get(name)}
    row = row_of(work, device, batch_size=batch_size, precision=precision, training=training, device_class=kind)
    asked = [{**row, **rates, "units_per_s": throughput}]
    seconds, watts, per_sample, outside = (_board if kind in _MEASURED_AS else _processor)(asked, own)
    known = kind not in _MEASURED_AS and sheet_of(asked).known
    return Prediction(
        work=work,
        device=device,
        device_class=kind,
        batch_size=batch_size,
        precision=precision,
        training=training,
        samples=samples,
        throughput=throughput,
        time=seconds * samples,
        power=watts,
        energy=per_sample * samples,
        energy_per_sample=per_sample,
        level=level(sheet=known, runs=bool(own), here=bool(own) and calibrated_here, speed=throughput is not None),
        calibration_rows=len(own),
        outside=outside,
        narrows_most="time" if width(seconds) >= width(watts) else "power",
        guessed=() if kind in _MEASURED_AS else _guessed(asked, own),
    )


_Answer = tuple[Estimate, Estimate, Estimate, str]
"""Seconds, watts and joules of a sample, and what lies outside the measured."""


def _processor(asked: list[dict[str, Any]], own: list[Mapping[str, Any]]) -> _Answer:
    """A processor or accelerator: time by its rates, power by its design power, energy their product."""
    clock = fitted(own, "seconds_per_unit")
    seconds, watts = estimated(clock, asked, "s"), watts_at_work(asked, own)
    outside = clock.outside(asked)[0]
    if asked[0]["units_per_s"] is not None:
        seconds, outside = _timed(clock, asked), ""  # whatever the size of the work, its time is known
    elif not own and not sheet_of(asked).known:
        low, high = spread(asked)
        seconds = joined(seconds, 1 / high, 1 / low)
    return seconds, watts, product(seconds, watts), outside


def _board(asked: list[dict[str, Any]], own: list[Mapping[str, Any]]) -> _Answer:
    """A single board or microcontroller, by its own runs or as measured ones do; power is energy over time."""
    asked = [{**asked[0], **_run_as(asked[0], own)}]
    whole = asked[0]["device_class"] == "edge"
    clock, counter, gauge = (fit(own, t) for t in ("seconds_per_unit", "energy_j", "power_w"))
    seconds = estimated(clock, asked, "s") if asked[0]["units_per_s"] is None else _timed(clock, asked)
    joules = estimated(counter, asked, "J", NODE if whole else DEVICE)
    drawn = estimated(gauge, asked, "W")
    outside = counter.outside(asked)[0]
    seen = any(row.get("mode") == "train" for row in own)
    if asked[0]["mode"] == "train" and not seen:  # nor has anybody published a training on one
        joules, drawn = widened(joules), widened(drawn)
        seconds = seconds if asked[0]["units_per_s"] is not None else widened(seconds)
        outside = "kind of work"
    power = joules.value / seconds.value
    sure = drawn if asked[0]["units_per_s"] is None else joules  # a known time leaves watts as sure as joules
    low, high = power * sure.low / sure.value, power * sure.high / sure.value
    watts = Estimate(power, low, high, "W", Provenance.ESTIMATED, joules.boundary)
    return seconds, watts, joules, outside


def _run_as(asked: Mapping[str, Any], own: list[Mapping[str, Any]]) -> dict[str, Any]:
    """How the measured rows of the board were run, those at the asked precision first; nothing without rows."""
    if not own:
        return {}
    like = next((row for row in own if row.get("precision") == asked["precision"]), own[0])
    told = ("framework", "task", "extra", *(("group",) if asked["device_class"] == "mcu" else ()))
    return {name: like.get(name, "") for name in told}


def _guessed(asked: list[dict[str, Any]], own: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Figures of the device that were neither published nor measured."""
    known = {name for column, name in _RATES.items() if column in asked[0]}
    if any(row.get("power_w") not in (None, "") for row in own):
        known.add("design power")
    return tuple(name for name in sheet_of(asked).guessed if name not in known)


def _timed(clock: Predictor, asked: list[dict[str, Any]]) -> Estimate:
    """Seconds of a sample at the speed that was told, as far off as a repetition may be."""
    kernel = clock.knowledge.kernels.get(domains_of(rows_of(asked))[0], PLAIN)
    seconds, off = 1 / float(asked[0]["units_per_s"]), exp(normal_quantile(0.9) * kernel.noise**0.5)
    return Estimate(seconds, seconds / off, seconds * off, "s", Provenance.ESTIMATED)
