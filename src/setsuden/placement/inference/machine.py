"""What computes: joules per request at the wall, seconds, idle watts; from the catalogue or stated by the user."""

from __future__ import annotations

from dataclasses import dataclass, replace

from setsuden.catalogue.evidence import INFERENCE
from setsuden.catalogue.uncertainty import default
from setsuden.errors import InputError
from setsuden.quantity import Estimate, Factor, Provenance

_OTHER_MACHINE = 0.15  # half-width of a figure measured on another copy of the machine; own judgement


@dataclass(frozen=True, slots=True)
class Machine:
    """One computer that answers requests.

    energy    J/request at the wall while it works without a pause, its idle draw included
    busy_s    seconds of its time that one request takes
    idle      W while it waits; None where unknown
    """

    name: str
    energy: Estimate
    busy_s: float
    idle: Estimate | None

    def __post_init__(self) -> None:
        if self.energy.value <= 0 or not 0 < self.busy_s < float("inf"):
            raise InputError(
                "a machine needs positive joules and seconds per request", value=(self.energy.value, self.busy_s)
            )
        if self.idle is not None and self.idle.value * self.busy_s > self.energy.value:
            raise InputError(
                "waiting would draw more than working",
                place=self.name,
                value=f"{self.idle.value:g} W idle, {self.energy.value / self.busy_s:.3g} W at work",
                remedy="Give idle watts and joules per request of the same machine.",
            )


def measured(system: str, idle: Estimate | None = None) -> Machine:
    """The machine of one row of the catalogue's ``measured_inference``, within +-15 % for another copy of it.

    Raises InputError for an unknown row and for one that measured something other than whole inferences.
    """
    row = INFERENCE.get(system)
    if row.per_unit != "inference" or not row.throughput_per_s:
        raise InputError("this row gives no joules and seconds per inference", value=system)
    value = row.energy_j_per_unit
    factor = Factor(
        f"{row.accelerators}, {row.workload}, {row.scenario}",
        value,
        value * (1 - _OTHER_MACHINE),
        value * (1 + _OTHER_MACHINE),
        "J/request",
        str(row.source),
        None,
        row.source.licence,
        row.power_scope,
    )
    energy = Estimate(value, factor.low, factor.high, "J/request", Provenance.ASSUMED, None, (factor,))
    return Machine(row.accelerators, energy, 1 / row.throughput_per_s, idle)


def with_server_idle(machine: Machine) -> Machine:
    """The same server with idle watts as the usual share of its full power (``d_idle``), where they were unknown."""
    if machine.idle is not None:
        return machine
    share = default("d_idle").estimate("1")
    return replace(machine, idle=share * Estimate.exact(machine.energy.value / machine.busy_s, "W", Provenance.ASSUMED))


def batched(single: Machine, full: Machine, batch: float) -> Machine:
    """A server between its two measured ends: one request at a time, and as many at once as it likes.

    e(b) = e_full + (e_single - e_full) / b, b >= 1, and the same for its time: what a batch shares is paid once. An
    interpolation between two measured points, assumed.
    """
    if not batch >= 1:
        raise InputError("a batch holds at least one request", value=batch)
    left = 1 / batch
    energy = (full.energy * (1 - left) + single.energy * left).weakened(Provenance.ASSUMED)
    return Machine(full.name, energy, full.busy_s * (1 - left) + single.busy_s * left, full.idle or single.idle)
