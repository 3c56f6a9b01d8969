"""Processors as people call them: "A100", "RTX 3090", "Xeon E5-2683 v4".

An operating system gives the full name, and ``processors.match`` always answers, if need be with a wide range. A person
leaves words out, and a name that fits nothing is a slip to be told, not a range to be given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from setsuden.catalogue.processor_names import KINDS, Kind
from setsuden.catalogue.processors import TABLE, Match, Processor, match, names, normalise
from setsuden.catalogue.table import nearest
from setsuden.errors import InputError
from setsuden.quantity import Estimate, Factor, Provenance

_MIG = re.compile(r"\bmig\b.*?\b([1-7])g\b")
_MAX_SPREAD = 4.0  # design powers further apart than this are different products, not editions of one


@dataclass(frozen=True, slots=True)
class Device:
    """A processor by the name a person gave it.

    kind    cpu or gpu: which power model fits it
    match   the row, or the middle one of several editions, and the design power with its range
    share   of the device that the name stands for: N/7 for a MIG slice of N compute slices, else 1
    """

    kind: Kind
    match: Match
    share: float


def device(name: str, besides: Iterable[str] = (), instead: str = "Or give --watts.") -> Device:
    """The processor called ``name``; InputError with the nearest names for an unknown one.

    besides   further names that the asker knows, for the advice; ``instead``: what else can be given
    Where several editions fit (an A100 has 250 to 400 W), the design power spans them around their median.
    """
    if not name.strip():
        raise InputError("a device needs a name", value=name, remedy="For example A100 or Xeon E5-2683 v4.")
    slices = _MIG.search(normalise(name).replace(".", " "))
    share = int(slices[1]) / 7 if slices else 1.0
    for kind in ("gpu", "cpu"):
        found = match(name, kind)
        if found.how in ("alias", "regex"):
            return Device(_model(found.row), found, share)
    rows = _called(normalise(name))
    if rows:
        return Device(_model(rows[0]), _editions(name, rows), share)
    for kind in ("gpu", "cpu"):
        found = match(name, kind)
        if found.how == "substring":
            return Device(_model(found.row), found, share)
    raise InputError(
        "unknown device",
        value=name,
        remedy=f"{nearest(name, [*besides, *TABLE.column('name').values()])} {instead}",
    )


def _model(row: Processor) -> Kind:
    return "cpu" if row.kind.startswith(("cpu", "soc")) else "gpu"


def _called(name: str) -> list[Processor]:
    """Rows with an alias that ends in ``name``, else those with one that contains it, on word borders."""
    if not any(letter.isdigit() for letter in name):
        return []
    entries = [entry for kind in KINDS for entry in names(kind).all()]
    ends = {entry.row_id for entry in entries if entry.alias.endswith(" " + name)}
    inside = {entry.row_id for entry in entries if f" {name} " in f" {entry.alias} "}
    rows = [TABLE.get(row_id) for row_id in sorted(ends or inside)]
    return sorted(rows, key=lambda row: (row.tdp_w is None, row.tdp_w or 0.0, row.id))


def _editions(seen: str, rows: list[Processor]) -> Match:
    known = [row for row in rows if row.tdp_w is not None]
    if not known:
        return Match(rows[0], "substring", seen, normalise(seen), None, "no_power")
    middle = known[len(known) // 2]
    low, value, high = (row.tdp_w or 0.0 for row in (known[0], middle, known[-1]))
    if high > _MAX_SPREAD * low:
        some = ", ".join(row.name for row in rows[:6])
        raise InputError("this name fits many devices", value=seen, remedy=f"Say which: {some} ...")
    name = f"design power, {middle.name}"
    if len(known) > 1:
        name = f"design power, {len(known)} editions of {seen.strip()}"
    factor = Factor(name, value, low, high, "W", str(middle.source), middle.year, middle.source.licence)
    power = Estimate(value, low, high, "W", Provenance.ASSUMED, None, (factor,))
    return Match(middle, "substring", seen, normalise(seen), power, "part" if len(known) == 1 else None)
