"""What computes: joules per request at the wall, seconds, idle watts; from the catalogue or stated by the user."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from setsuden.catalogue.evidence import INFERENCE
from setsuden.catalogue.uncertainty import default
from setsuden.errors import InputError
from setsuden.placement.judgement import OTHER_COPY, judged, other_copy
from setsuden.quantity import Estimate, Factor, Provenance

_TOKENS = ("token", "output token")
_WHOLE = ("inference", "sample")
_GPUS_ONLY = "GPUs only"
# as one operator stated it for its fleet: accelerators 58 %, hosts 25 %, the rest is idling and the facility
_HOST = Factor(
    "whole server over its accelerators while it works", 0.83 / 0.58, 1.2, 1.8, "1",
    "Elsworth et al. 2025 (Google, median text prompt: accelerators 58 %, hosts 25 %), quoted at second hand", 2025,
)  # fmt: skip
_HOST_RANGE = judged("whole server over its accelerators, 1.2 to 1.8 around the figure", 0.83 / 0.58)


@dataclass(frozen=True, slots=True)
class Machine:
    """One computer that answers requests.

    energy    J/request at the wall while it works without a pause, its idle draw included
    busy_s    seconds of its time that one request takes
    idle      W while it waits; None where unknown
    at_once   requests that it works on at the same time: each waits ``busy_s x at_once`` for its answer
    """

    name: str
    energy: Estimate
    busy_s: float
    idle: Estimate | None
    at_once: float = 1.0

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


def measured(system: str, idle: Estimate | None = None, tokens: Estimate | None = None) -> Machine:
    """The machine of one row of the catalogue's ``measured_inference``, within +-15 % for another copy of it.

    tokens   output tokens of a request; needed by a row that counts per token, refused by one that does not

    A row that counts the accelerators alone is raised by what a whole server takes over them, 1.43 [1.2, 1.8]. Raises
    InputError for an unknown row, for one without seconds, and where tokens are missing or do not belong.
    """
    row = INFERENCE.get(system)
    if row.per_unit not in (*_TOKENS, *_WHOLE) or not row.throughput_per_s:
        raise InputError("this row gives no joules and seconds per inference", value=system)
    per_token = row.per_unit in _TOKENS
    if per_token != (tokens is not None):
        said = "counts per token" if per_token else "counts whole inferences"
        what = "Give tokens: how many a request puts out." if per_token else "Leave tokens out."
        raise InputError(f"this row {said}", value=system, remedy=what)
    value = row.energy_j_per_unit
    factor = Factor(
        f"{row.accelerators}, {row.workload}, {row.scenario}",
        value,
        value * (1 - OTHER_COPY),
        value * (1 + OTHER_COPY),
        f"J/{'token' if per_token else 'request'}",
        str(row.source),
        None,
        row.source.licence,
        row.power_scope,
    )
    energy = Estimate(value, factor.low, factor.high, factor.unit, Provenance.ASSUMED, None, (factor, other_copy()))
    busy_s = 1 / row.throughput_per_s
    if tokens is not None:
        energy, busy_s = energy * tokens, busy_s * tokens.value
    if row.power_scope.startswith(_GPUS_ONLY):
        around = Estimate(_HOST.value, _HOST.low, _HOST.high, "1", Provenance.ASSUMED, None, (_HOST, _HOST_RANGE))
        energy = energy * around
    return Machine(row.accelerators, energy.to("J/request"), busy_s, idle, _at_once(row.scenario))


def _at_once(scenario: str) -> float:
    """``max batch 8 (mean 8)``: the mean of what was worked on together; 1 where the row does not say."""
    found = re.search(r"\(mean (\d+(?:\.\d+)?)\)", scenario)
    return float(found[1]) if found else 1.0


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
