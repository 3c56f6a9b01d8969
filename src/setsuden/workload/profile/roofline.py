"""How fast a device could do this work at best: each operator limited by arithmetic or by memory traffic."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from setsuden.errors import InputError
from setsuden.quantity import Estimate, Factor, Provenance

if TYPE_CHECKING:
    from setsuden.catalogue.processors import Processor
    from setsuden.workload.profile.result import Profile

Precision = Literal["fp32", "tf32", "bf16", "fp16", "fp8", "int8"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)


@dataclass(frozen=True, slots=True)
class Device:
    """What bounds a device: ``peak_flops`` in FLOP/s (two per MAC) and ``mem_bw`` in bytes/s, both above zero."""

    name: str
    peak_flops: float
    mem_bw: float
    precision: Precision = "fp32"
    factors: tuple[Factor, ...] = ()

    def __post_init__(self) -> None:
        for place in ("peak_flops", "mem_bw"):
            if not getattr(self, place) > 0:
                raise InputError("a device rate must be above zero", place=place, value=getattr(self, place))

    @property
    def ridge(self) -> float:
        """FLOPs per byte above which arithmetic, not memory, is the limit."""
        return self.peak_flops / self.mem_bw


@dataclass(frozen=True, slots=True)
class Roofline:
    """The best time of one pass on a device.

    time_s                 value: sum over operators of the slower of arithmetic and traffic, without fusion; low: whole
                           pass with perfect reuse (weights, inputs and outputs move once). Real runs take longer
    compute_bound_share    share of that time (0-1) in operators limited by arithmetic
    phase                  inference or training (forward, recomputation and backward)
    """

    device: Device
    phase: str
    time_s: Estimate
    compute_bound_share: float

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "device": self.device.name,
            "precision": self.device.precision,
            "peak_flops": self.device.peak_flops,
            "memory_bytes_per_s": self.device.mem_bw,
            "ridge_flops_per_byte": self.device.ridge,
            "phase": self.phase,
            "time_s": self.time_s.to_json(),
            "compute_bound_share": self.compute_bound_share,
            "factors": [factor.to_json() for factor in self.device.factors],
        }


def device_named(name: str, precision: Precision = "fp32") -> Device:
    """A processor of the catalogue by id or by name; InputError where it, its rate or its bandwidth is not known."""
    from setsuden.catalogue import processors

    row = processors.TABLE.find(name) or _matched(name)
    rates = _rates(row)
    peak = rates.get(precision)
    if peak is None:
        known = ", ".join(rates) or "none"
        raise InputError(f"no {precision} rate is known", place=row.id, remedy=f"Known here: {known}.")
    if row.mem_bw_gbs is None:
        raise InputError(
            "no memory bandwidth is known", place=row.id, remedy="Choose another device, or give Device(...) yourself."
        )
    source = str(row.source)
    factors = tuple(
        Factor(f"{what}, {row.name}", value, value, value, unit, source, row.year, row.source.licence)
        for what, value, unit in (
            (f"peak {precision} rate", peak * 1e12, "FLOP/s"),
            ("memory bandwidth", row.mem_bw_gbs, "GB/s"),
        )
    )
    return Device(row.name, peak * 1e12, row.mem_bw_gbs * 1e9, precision, factors)


def _matched(name: str) -> Processor:
    from setsuden.catalogue import processors

    for kind in ("gpu", "cpu"):
        match = processors.match(name, kind)
        if match.how != "fallback":
            return match.row
        if editions := processors.variants(name, kind):
            some = ", ".join(row.name for row in editions[:6]) + " ..." * (len(editions) > 6)
            raise InputError(
                "several processors are called so", place="device", value=name, remedy=f"Say which: {some}"
            )
    raise InputError(
        "no such processor in the catalogue",
        place="device",
        value=name,
        remedy="Look one up with: setsuden catalogue search NAME.",
    )


def _rates(row: Processor) -> dict[str, float]:
    """Peaks in TFLOP/s by precision; 16-bit falls back to the vector rate where there are no matrix units."""
    rates = {
        "fp32": row.fp32_tflops,
        "tf32": row.tf32_tensor_tflops,
        "bf16": row.bf16_tensor_tflops or row.fp16_tensor_tflops,
        "fp16": row.fp16_tensor_tflops or row.fp16_tflops,
        "fp8": row.fp8_tensor_tflops,
        "int8": row.int8_tops,
    }
    return {precision: rate for precision, rate in rates.items() if rate is not None}


def bound(profile: Profile, device: Device, *, training: bool | None = None) -> Roofline:
    """The roofline of a profile on a device; ``training`` by default whether training was profiled.

    Raises InputError when nothing moves, or training is asked of a profile without it.
    """
    if training is None:
        training = profile.training_macs is not None
    if training and profile.training_macs is None:
        raise InputError("this profile has no training step", place="training", remedy="Profile with train=True.")
    phases = ("forward", "recompute", "backward") if training else ("forward",)
    times = list(_times(profile, device, phases))
    total = sum(slower for slower, _ in times)
    if total <= 0:
        raise InputError("this profile has no work to bound", place=profile.name)
    macs = (profile.training_macs if training else profile.macs) or 0
    once = profile.parameter_bytes + profile.input_bytes + profile.output_bytes
    low = max(2 * macs / device.peak_flops, once / device.mem_bw)
    time_s = Estimate(total, min(low, total), total, "s", Provenance.ESTIMATED, None, device.factors)
    share = sum(slower for slower, by_arithmetic in times if by_arithmetic) / total
    return Roofline(device, "training" if training else "inference", time_s, share)


def _times(profile: Profile, device: Device, phases: tuple[str, ...]) -> Iterable[tuple[float, bool]]:
    for _, node in profile.tree.walk():
        for row in node.rows:
            if row.phase in phases:
                arithmetic = row.flops / device.peak_flops
                traffic = (row.bytes_read + row.bytes_written) / device.mem_bw
                yield max(arithmetic, traffic), arithmetic >= traffic
