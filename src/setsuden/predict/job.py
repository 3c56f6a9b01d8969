"""What a job will cost: so many samples of a profiled model on a named device, before it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING, Any, Literal

from setsuden.errors import InputError
from setsuden.predict.answers import Level
from setsuden.predict.domain import NETWORKS
from setsuden.predict.sheet import is_cpu, sheet
from setsuden.predict.shipped import Target, loosened, shipped
from setsuden.predict.table import Predictor, fit_with
from setsuden.quantity import DEVICE, Estimate, Provenance

if TYPE_CHECKING:
    from setsuden.workload.profile import Profile

# What an accelerator draws at work, as a share of its design power, and a processor's package; median and 5-95 %
# of 120 public training configurations on four cards without a power limit; for packages a wider assumption.
_SHARE_OF_DESIGN = {"gpu": (0.67, 0.21, 0.90), "cpu": (0.70, 0.35, 1.0)}


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

    energy, power      of the device alone: boundary ``device``
    level              what is known of the device
    outside            which size of the work lies outside what was measured; '' where none does
    narrows_most       'time' or 'power': which of the two makes the energy uncertain
    guessed            figures of the device that no data sheet gave
    """

    work: Work
    device: str
    batch_size: int
    precision: str
    training: bool
    samples: float
    time: Estimate
    power: Estimate
    energy: Estimate
    energy_per_sample: Estimate
    level: Level
    calibration_rows: int
    outside: str
    narrows_most: Literal["time", "power"]
    guessed: tuple[str, ...]


def row_of(work: Work, device: str, *, batch_size: int, precision: str, training: bool) -> dict[str, Any]:
    """The columns of a measured table for one configuration, cost left open."""
    return {
        "mode": "train" if training else "infer",
        "task": "",
        "model": work.name,
        "group": work.name,
        "params_m": work.params_m,
        "gmacs": work.gmacs,
        "macts_m": work.macts_m,
        "input": work.input_text,
        "batch_size": batch_size,
        "precision": {"fp32": "fp32", "bf16": "amp_bf16", "fp16": "amp"}.get(precision, precision),
        "framework": "pytorch nchw eager",
        "device": device,
        "device_class": "cpu" if is_cpu(device, "") else "gpu",
        "device_count": 1,
        "unit": "sample",
        "scope": "device",
    }


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
) -> Prediction:
    """Time, power and energy of passing ``samples`` samples through a model on one device.

    device           as its driver or the catalogue names it
    samples          training: samples x epochs; inference: how many are answered; above zero
    precision        fp32, tf32, bf16, fp16, fp8 or int8
    rows             measured rows of this device, if there are any
    calibrated_here  the rows come from ``setsuden calibrate`` on this very machine

    Intervals hold with 90 %. Raises InputError for work without multiply-accumulates or fewer than one sample.
    """
    if not work.gmacs > 0:
        raise InputError("a model without multiply-accumulates cannot be predicted", place=work.name, value=work.gmacs)
    if not samples > 0:
        raise InputError("the number of samples must be above zero", place="samples", value=samples)
    own = [row for row in rows if str(row.get("device", "")) == device]
    rates = {name: own[0][name] for name in _RATES if own and own[0].get(name)}
    asked = [{**row_of(work, device, batch_size=batch_size, precision=precision, training=training), **rates}]
    clock = _fitted(own, "seconds_per_unit")
    seconds = _estimate(clock, asked, "s")
    watts = _power(device, asked, own)
    per_sample = _product(seconds, watts)
    level: Level = "data sheet"
    if own:
        level = "calibrated here" if calibrated_here else "data sheet + calibration runs"
    return Prediction(
        work=work,
        device=device,
        batch_size=batch_size,
        precision=precision,
        training=training,
        samples=samples,
        time=seconds * samples,
        power=watts,
        energy=per_sample * samples,
        energy_per_sample=per_sample,
        level=level,
        calibration_rows=len(own),
        outside=clock.outside(asked)[0],
        narrows_most="time" if _width(seconds) >= _width(watts) else "power",
        guessed=_guessed(device, asked[0], own),
    )


def _guessed(device: str, asked: Mapping[str, Any], own: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Figures of the device that were neither published nor measured."""
    found = sheet(device, str(asked["device_class"]), str(asked["precision"])).guessed
    known = {name for column, name in _RATES.items() if column in asked}
    if any(row.get("power_w") not in (None, "") for row in own):
        known.add("design power")
    return tuple(name for name in found if name not in known)


def _fitted(own: list[Mapping[str, Any]], target: Target) -> Predictor:
    """The shipped models with the rows of this one device, which is free to be anything where its sheet was guessed."""
    known = shipped(target)
    if own and sheet(str(own[0]["device"]), str(own[0].get("device_class", ""))).guessed:
        known = loosened(known, NETWORKS)
    return fit_with(own, target, known)


def _estimate(predictor: Predictor, asked: list[dict[str, Any]], unit: str) -> Estimate:
    low, high = predictor.interval(asked)
    value = min(max(float(predictor.predict(asked)[0]), float(low[0])), float(high[0]))
    boundary = None if unit == "s" else DEVICE
    return Estimate(value, float(low[0]), float(high[0]), unit, Provenance.ESTIMATED, boundary)


def _power(device: str, asked: list[dict[str, Any]], own: list[Mapping[str, Any]]) -> Estimate:
    if any(row.get("power_w") not in (None, "") for row in own):
        return _estimate(_fitted(own, "power_w"), asked, "W")
    found = sheet(device, str(asked[0]["device_class"]), str(asked[0]["precision"]))
    share, low, high = _SHARE_OF_DESIGN[str(asked[0]["device_class"])]
    watts = found.power_w
    floor = min(found.idle_w or 0.0, share * watts)
    return Estimate(share * watts, max(low * watts, floor), high * watts, "W", Provenance.ESTIMATED, DEVICE)


def _product(seconds: Estimate, watts: Estimate) -> Estimate:
    """Joules of a sample: widths add in quadrature on the logarithm, as time and power err apart from each other."""
    value = seconds.value * watts.value
    down = (log(seconds.value / seconds.low) ** 2 + log(watts.value / watts.low) ** 2) ** 0.5
    up = (log(seconds.high / seconds.value) ** 2 + log(watts.high / watts.value) ** 2) ** 0.5
    return Estimate(value, value * exp(-down), value * exp(up), "J", Provenance.ESTIMATED, DEVICE)


def _width(estimate: Estimate) -> float:
    return log(estimate.high / estimate.low)
