"""How much of a processor's design power belongs to what we see of it.

Bare metal: all sockets. A virtual machine sees some cores of a part: it gets cores seen / cores of the part. A guest
whose processor hides its product name (``AMD EPYC``) gets the watts per core of the products it could be, each as
likely as it has cores. A container gets its CPU limit / logical CPUs of the machine, on top.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from setsuden.catalogue import processors
from setsuden.quantity import Estimate, Factor, Provenance
from setsuden.sensors.limits import Limits
from setsuden.sensors.machine import Machine

if TYPE_CHECKING:
    from setsuden.language import Language


@dataclass(frozen=True, slots=True)
class Share:
    """Design watts that are ours: ``whole`` x [``low``, ``high``] around ``value``.

    whole    design power of one unit, a socket or a core, with its interval, W
    value    how many of them
    key      which message under ``rule`` says why; ``values`` fills it
    """

    whole: Estimate
    value: float
    low: float
    high: float
    key: str
    values: tuple[tuple[str, str], ...]
    container: tuple[tuple[str, str], ...] = ()

    def rule(self, language: Language = "en") -> str:
        """Why this share, in a sentence."""
        from setsuden.language import Messages, looked_up

        messages, values = Messages("doctor", language), dict(self.values)
        if "basis" in values:
            values["basis"] = looked_up.source(values["basis"], language)
        said = messages.say(f"rule.{self.key}", **values)
        return messages.say("rule.container", rule=said, **dict(self.container)) if self.container else said

    @property
    def formula(self) -> str:
        """The share in short: ``2 cores of 96 x 3 of 4 CPUs``."""
        values = dict(self.values)
        if self.key == "sockets":
            text = f"{values['sockets']} x socket"
        else:
            text = f"{values['seen']} cores" + (f" of {values['cores']}" if "cores" in values else "")
        limit = dict(self.container)
        return f"{text} x {limit['cpus']} of {limit['threads']} CPUs" if limit else text

    @property
    def design_w(self) -> Estimate:
        """The watts, with everything that was looked up."""
        factor = Factor("share of the processor", self.value, self.low, self.high, "1", self.formula)
        return Estimate(
            self.whole.value * self.value,
            self.whole.low * self.low,
            self.whole.high * self.high,
            "W",
            Provenance.ASSUMED,
            None,
            (*self.whole.factors, factor),
        )


def share_of(match: processors.Match, machine: Machine, limits: Limits) -> Share:
    """Our share of the matched processor; the match must have a design power."""
    whole = match.tdp_w
    assert whole is not None
    scale = 1.0
    container: tuple[tuple[str, str], ...] = ()
    if limits.cpus is not None:
        scale = min(1.0, limits.cpus / machine.threads)
        container = (("cpus", f"{limits.cpus:g}"), ("threads", str(machine.threads)))
    if not machine.virtual:
        count = machine.sockets * scale
        return Share(whole, count, count, count, "sockets", (("sockets", str(machine.sockets)),), container)
    if match.how == "fallback" or not match.row.cores:
        return _hidden(match, machine, scale, container)
    count = scale * machine.cores / match.row.cores
    threads = match.row.threads or match.row.cores
    seen = (("seen", str(machine.cores)), ("cores", str(match.row.cores)))
    if machine.threads == machine.cores and threads > match.row.cores:
        # The guest cannot tell cores from threads of them: it may own half as much.
        low = count * match.row.cores / threads
        return Share(whole, count, low, count, "guest_threads", seen, container)
    return Share(whole, count, count, count, "guest", seen, container)


def _hidden(match: processors.Match, machine: Machine, scale: float, container: tuple[tuple[str, str], ...]) -> Share:
    per_core = _w_per_core(match, machine)
    count = machine.cores * scale
    values = (
        ("seen", str(machine.cores)),
        ("watts", f"{per_core.value:.2g}"),
        ("low", f"{per_core.low:.2g}"),
        ("high", f"{per_core.high:.2g}"),
        ("basis", per_core.factors[0].source),
    )
    return Share(per_core, count, count, count, "guest_hidden", values, container)


# AMD server generations by CPU family and high nibble of the model, as the catalogue names them; a hypervisor that
# hides the product name still shows these two. Source: AMD processor programming references (family 17h, 19h, 1Ah).
_EPYC = {
    (23, 0): "EPYC gen1", (23, 3): "EPYC gen2", (25, 0): "EPYC gen3", (25, 1): "EPYC gen4",
    (25, 10): "EPYC gen4", (26, 0): "EPYC gen5", (26, 1): "EPYC gen5",
}  # fmt: skip
_SINCE = 2012


def _w_per_core(match: processors.Match, machine: Machine) -> Estimate:
    """Design watts per core over the products that the name could stand for, or over all servers since 2012."""
    columns = ("aliases", "tdp_w", "cores", "family", "kind", "year")
    aliases, tdp, cores, family, kind, year = (processors.TABLE.column(name) for name in columns)
    prefix = match.normalised + " "
    named = [
        row
        for row, names in aliases.items()
        if (names.startswith(prefix) or f"|{prefix}" in names) and tdp[row] and cores[row]
    ]
    generation = _EPYC.get((machine.family or 0, (machine.model or 0) >> 4)) if "epyc" in match.normalised else None
    rows = [row for row in named if generation and family[row].startswith(generation)]
    called = generation or match.normalised
    if not rows:
        rows = named
    if len(rows) < 3:
        servers = (row for row, what in kind.items() if what == "cpu_server" and tdp[row] and cores[row])
        rows = [row for row in servers if int(year[row] or 0) >= _SINCE]
        called = f"servers since {_SINCE}"
    low, value, high = _by_core([(float(tdp[row]), int(cores[row])) for row in rows])
    source = f"median and 5-95 % of the cores of {len(rows)} catalogue rows ({called})"
    factor = Factor(f"design power per core, unnamed {called}", value, low, high, "W", source)
    return Estimate(value, low, high, "W", Provenance.ASSUMED, None, (factor,))


def _by_core(products: list[tuple[float, int]]) -> tuple[float, float, float]:
    """5th, 50th and 95th percentile of watts per core over all cores of all products."""
    ranked = sorted((watts / cores, cores) for watts, cores in products)
    reached = list(accumulate(cores for _, cores in ranked))
    low, value, high = (ranked[bisect_left(reached, share * reached[-1])][0] for share in (0.05, 0.5, 0.95))
    return low, value, high
