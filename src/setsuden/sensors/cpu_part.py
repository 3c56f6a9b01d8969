"""The processor as modelled: which one it is, our share of it, watts over utilisation with the published error."""

from __future__ import annotations

import math
from dataclasses import dataclass

from setsuden.catalogue import power_curves, processors
from setsuden.quantity import Factor
from setsuden.sensors.cpu_share import Share, share_of
from setsuden.sensors.limits import Limits
from setsuden.sensors.machine import Machine

_Z95 = 1.6448536269514722


@dataclass(frozen=True, slots=True)
class CpuPart:
    """A processor and its curve.

    match        catalogue row and how it was found
    share        how much of it is ours, and why
    curve        watts per design watt over utilisation
    full_w       design power of our share, W
    error_log    half-width of ln(power), 5-95 %: design power, share and curve joined as independent
    """

    match: processors.Match
    share: Share
    curve: power_curves.PowerCurve
    full_w: float
    error_log: float

    @property
    def relative_error(self) -> float:
        """5-95 half-width as a share: the upper, wider side of the log-normal interval."""
        return math.expm1(self.error_log)

    @property
    def relative_error_below(self) -> float:
        """The same downwards, 0-1: a factor of 2.6 either way is +160 % and -62 %."""
        return -math.expm1(-self.error_log)

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Looked-up inputs."""
        return (*self.share.design_w.factors, self.curve.factor)

    def watts(self, utilisation: float) -> float:
        """Package watts of our share at ``utilisation`` 0-1."""
        return self.full_w * self.curve.row.at(min(1.0, max(0.0, utilisation)))


def cpu_part(machine: Machine, limits: Limits) -> CpuPart:
    """Recognise the processor of ``machine`` and take the share that ``limits`` leave."""
    match = processors.match_cpu(machine.cpu_name or "unknown")
    if match.tdp_w is None:
        match = processors.match_cpu("unknown")
    share = share_of(match, machine, limits)
    design = share.design_w
    curve = power_curves.cpu_curve(match)
    widest = max(math.log(design.high / design.value), math.log(design.value / design.low))
    return CpuPart(match, share, curve, design.value, math.hypot(widest, _Z95 * curve.error_sigma))
