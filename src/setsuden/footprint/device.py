"""Energy of devices at work: watts by name or as stated, times how many, how busy and how long."""

from __future__ import annotations

from dataclasses import dataclass, replace

from setsuden.catalogue import memory, uncertainty
from setsuden.catalogue.device_names import Device, device
from setsuden.catalogue.power_curves import cpu_curve
from setsuden.errors import InputError
from setsuden.footprint.checks import number
from setsuden.quantity import DEVICE, NODE, Boundary, Estimate, Factor, Provenance, merged_factors
from setsuden.quantity.draws import combine

# Idle watts of one data-centre card over the design power of the card it was read on (an A100: 58 of 400 W).
_IDLE_OF_W = 400.0


@dataclass(frozen=True, slots=True)
class Work:
    """What draws, and for how long.

    hours         of work
    watts         of one device or node at full use; or
    device        its name, see ``catalogue.device_names``
    count         how many
    utilisation   0-1. Of stated watts it is the share that is drawn. Of a named device it is the load, and power does
                  not fall in proportion: an idle processor still draws
    share         of each device that was reserved, 0-1, such as 1/7 for a MIG slice
    memory_gb     of installed memory in all, at the catalogue's watts per GB, whatever the load
    rest_w        of everything else in the node; stating it (0 included) makes a device the whole node
    """

    hours: float
    watts: float | None = None
    device: str | None = None
    count: int = 1
    utilisation: float = 1.0
    share: float = 1.0
    memory_gb: float | None = None
    rest_w: float | None = None

    def __post_init__(self) -> None:
        number("--hours", self.hours)
        if (self.watts is None) == (self.device is None):
            raise InputError("give the watts or the name of a device, one of them")
        if self.watts is not None:
            number("--watts", self.watts)
        number("--count", self.count, low=1)
        number("--utilisation", self.utilisation, high=1.0)
        number("--share", self.share, high=1.0)
        for name, value in (("--memory-gb", self.memory_gb), ("--rest-watts", self.rest_w)):
            if value is not None:
                number(name, value)

    def energy(self) -> Estimate:
        """kWh of the node, or of the device alone where it was named and nothing was said of the rest."""
        boundary, share = NODE, self.share
        factors: tuple[Factor, ...] = ()
        if self.watts is not None:
            power = Estimate.exact(self.watts * self.utilisation, "W", Provenance.ASSUMED)
        else:
            assert self.device is not None
            found = device(self.device)
            power, boundary = power_of(found, self.utilisation), DEVICE if self.rest_w is None else NODE
            if self.share == 1.0 and found.share < 1.0:
                share, factors = found.share, (_slice(found),)
        return self._times(power, share, factors, boundary)

    def _times(self, power: Estimate, share: float, factors: tuple[Factor, ...], boundary: Boundary) -> Estimate:
        hours, scale, rest = self.hours, self.count * share, self.rest_w or 0.0
        parts = [power.within(None) * scale]
        if self.memory_gb:
            parts.append(memory.dram_w_per_gb() * self.memory_gb)
        if len(parts) == 1:
            low, value, high = (
                hours * (watts + rest) / 1000.0 for watts in (parts[0].low, parts[0].value, parts[0].high)
            )
            kwh = Estimate(value, low, high, "kWh", power.provenance, boundary, parts[0].factors)
        else:
            parts[1] = replace(parts[1], unit="W")
            kwh = combine(lambda one, other: hours * (one + other + rest) / 1000.0, parts, "kWh", boundary=boundary)
        return replace(kwh, factors=merged_factors(kwh.factors, factors))


def power_of(found: Device, utilisation: float) -> Estimate:
    """Watts of a named device at a load: a CPU by its power curve, an accelerator by the rule of design power.

    The rule: idle + utilisation x (f x design power - idle), f the usual share of its design power that a busy
    accelerator draws (``f_tdp``), idle ``p_idle_gpu`` in proportion to design power. It is what the meter takes where a
    driver tells neither energy nor power. Raises InputError where no design power is published.
    """
    design = found.match.tdp_w
    if design is None:
        raise InputError(
            f"no design power is published for {found.match.row.name}", value=found.match.seen, remedy="Give --watts."
        )
    if found.kind == "cpu":
        return cpu_curve(found.match).watts(utilisation)
    usual, idle = uncertainty.default("f_tdp"), uncertainty.default("p_idle_gpu")
    busy_w = design.value * usual.centre
    idle_w = min(idle.centre * design.value / _IDLE_OF_W, 0.5 * busy_w)
    watts = idle_w + utilisation * (busy_w - idle_w)
    low = watts * usual.low / usual.centre * design.low / design.value
    high = watts * usual.high / usual.centre * design.high / design.value
    factors = (*design.factors, usual.factor("1"), idle.factor("W"))
    return Estimate(watts, low, high, "W", Provenance.ESTIMATED, DEVICE, factors)


def _slice(found: Device) -> Factor:
    text = "compute slices of the name over seven; no meter splits power by slice"
    return Factor("share of the device, MIG slice", found.share, found.share, found.share, "1", text)
