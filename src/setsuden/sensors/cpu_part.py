"""Which processor this is, and how much of its design power belongs to what we see of it.

Bare metal: all sockets. A virtual machine sees some cores of a part: it gets cores seen / cores of the part. A container
gets its CPU limit / logical CPUs of the machine, on top. A name that hides the product (``AMD EPYC``) gets the watts per
core of its relatives, with their spread as the interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from setsuden.catalogue import power_curves, processors
from setsuden.quantity import Estimate, Factor, Provenance
from setsuden.sensors.limits import Limits
from setsuden.sensors.machine import Machine


@dataclass(frozen=True, slots=True)
class CpuPart:
    """The processor as modelled.

    match        catalogue row and how it was found
    design_w     design power of what is seen here, with its interval, W
    curve        watts per design watt over utilisation
    error_log    half-width of ln(power), 5-95 %, joining design power, share and curve
    rule         how the share was formed, a sentence
    """

    match: processors.Match
    design_w: Estimate
    curve: power_curves.PowerCurve
    error_log: float
    rule: str

    @property
    def relative_error(self) -> float:
        """5-95 half-width as a share: the wider, upper side of the log-normal interval."""
        return math.expm1(self.error_log)

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Looked-up inputs."""
        return (*self.design_w.factors, self.curve.factor)

    def watts(self, utilisation: float) -> float:
        """Package watts of our share at ``utilisation`` 0-1."""
        return self.design_w.value * self.curve.row.at(min(1.0, max(0.0, utilisation)))


def cpu_part(machine: Machine, limits: Limits) -> CpuPart:
    """Recognise the processor of ``machine`` and take the share that ``limits`` leave."""
    match = processors.match_cpu(machine.cpu_name or "unknown processor")
    whole = match.tdp_w
    hidden = _w_per_core(match, machine) if match.how == "fallback" and machine.virtual else None
    if hidden is not None:
        share, rule = _exact_share(float(machine.cores)), _hidden_rule(machine, hidden)
        whole = hidden
    elif whole is None:
        match = processors.match_cpu("unknown processor")
        whole = match.tdp_w
        share, rule = _seen_share(match.row, machine)
    else:
        share, rule = _seen_share(match.row, machine)
    assert whole is not None, "the generic row has a design power"
    if limits.cpus is not None:
        scale = min(1.0, limits.cpus / machine.threads)
        share = tuple(end * scale for end in share)  # type: ignore[assignment]
        rule += f"; the container may use {limits.cpus:g} of {machine.threads} logical CPUs"
    value, low, high = share
    factor = Factor("share of the processor", value, low, high, "1", rule)
    design = Estimate(
        whole.value * value,
        whole.low * low,
        whole.high * high,
        "W",
        Provenance.ASSUMED,
        None,
        (*whole.factors, factor),
    )
    curve = power_curves.cpu_curve(match)
    at_half = curve.row.at(0.5)
    model = Estimate(at_half, at_half, at_half, "1", Provenance.ESTIMATED)
    return CpuPart(match, design, curve, _error_log(design, model, curve.error_sigma), rule)


_Z95 = 1.6448536269514722


def _error_log(design: Estimate, model: Estimate, sigma: float) -> float:
    widest = max(math.log(design.high / design.value), math.log(design.value / design.low))
    return math.hypot(widest, _Z95 * sigma)


def _exact_share(value: float) -> tuple[float, float, float]:
    return value, value, value


def _seen_share(row: processors.Processor, machine: Machine) -> tuple[tuple[float, float, float], str]:
    """(value, low, high) in sockets, and the rule in words."""
    if not machine.virtual:
        return _exact_share(float(machine.sockets)), f"{machine.sockets} socket{'s' * (machine.sockets > 1)}, all of it"
    if not row.cores:
        return (1.0, 1.0 / 64, 1.0), "a virtual machine on a part whose cores are not known: up to a whole socket"
    value = machine.cores / row.cores
    low = value
    rule = f"a virtual machine that sees {machine.cores} of the {row.cores} cores of the part"
    if machine.threads == machine.cores and (row.threads or 0) > row.cores:
        low = value * row.cores / (row.threads or row.cores)
        rule += ", or as many threads"
    return (value, low, value), rule


# AMD server generations by CPU family and high nibble of the model, as the catalogue names them; a hypervisor that hides
# the product name still shows these two. Source: AMD processor programming references (family 17h, 19h, 1Ah).
_EPYC = {
    (23, 0): "EPYC gen1", (23, 3): "EPYC gen2", (25, 0): "EPYC gen3", (25, 1): "EPYC gen4",
    (25, 10): "EPYC gen4", (26, 0): "EPYC gen5", (26, 1): "EPYC gen5",
}  # fmt: skip


def _w_per_core(match: processors.Match, machine: Machine) -> Estimate | None:
    """Design watts per core over the products that the name could stand for; None when it stands for nothing known."""
    table = processors.TABLE
    aliases, tdp, cores, family = (table.column(name) for name in ("aliases", "tdp_w", "cores", "family"))
    prefix = match.normalised + " "
    named = [
        row for row, names in aliases.items()
        if tdp[row] and cores[row] and any(name.startswith(prefix) for name in names.split("|"))
    ]  # fmt: skip
    generation = _EPYC.get((machine.family or 0, (machine.model or 0) >> 4)) if "epyc" in match.normalised else None
    rows = [row for row in named if generation and (family[row] or "").startswith(generation)] or named
    ratios = sorted(float(tdp[row]) / float(cores[row]) for row in rows)
    if len(ratios) < 3:
        return None
    low, value, high = ratios[len(ratios) // 20], ratios[len(ratios) // 2], ratios[-1 - len(ratios) // 20]
    called = generation or match.normalised
    source = f"median and 5-95 % of {len(ratios)} catalogue rows ({called})"
    factor = Factor(f"design power per core, unnamed {called}", value, low, high, "W", source)
    return Estimate(value, low, high, "W", Provenance.ASSUMED, None, (factor,))


def _hidden_rule(machine: Machine, per_core: Estimate) -> str:
    return (
        f"a virtual machine with {machine.cores} cores of an unnamed product: {per_core.value:.2g} W per core "
        f"[{per_core.low:.2g}, {per_core.high:.2g}] over {per_core.factors[0].source.removeprefix('median and 5-95 % of ')}"
    )
