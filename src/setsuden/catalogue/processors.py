"""Processors and accelerators, and what the operating system calls them.

Look-up order: normalised name against aliases, then a row's regular expression, then the longest alias inside the name;
what is left falls back to a range, and the match says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

from setsuden.catalogue.override import override_file
from setsuden.catalogue.processor_names import COLUMNS, KINDS, SIZE, Kind, Names, shipped, written
from setsuden.catalogue.source import Source
from setsuden.catalogue.table import Table
from setsuden.quantity import Estimate, Factor, Provenance

How = Literal["alias", "regex", "substring", "fallback"]
Remark = Literal["no_power", "superchip", "two_gpus", "part", "range", "unknown"]


@dataclass(frozen=True, slots=True)
class Processor:
    """One CPU, GPU, TPU or system on a chip.

    tdp_w       thermal design power of ``tdp_scope`` (socket, card, module, package, superchip)
    *_tflops    peaks: ``fp32`` and ``fp16`` vector rates, ``*_tensor_*`` dense matrix rates
    idle_w      ``idle_kind`` says whether it is measured or a ratio
    """

    id: str
    name: str
    vendor: str | None
    kind: str
    family: str | None
    aliases: tuple[str, ...]
    match_regex: str | None
    tdp_w: float | None
    tdp_scope: str | None
    idle_w: float | None
    idle_kind: str | None
    measured_max_w: float | None
    cores: int | None
    threads: int | None
    fp32_tflops: float | None
    fp16_tflops: float | None
    tf32_tensor_tflops: float | None
    bf16_tensor_tflops: float | None
    fp16_tensor_tflops: float | None
    fp8_tensor_tflops: float | None
    int8_tops: float | None
    mem_gb: float | None
    mem_bw_gbs: float | None
    year: int | None
    quality: str
    note: str | None
    source: Source


TABLE = Table("processors", Processor)


@dataclass(frozen=True, slots=True)
class Match:
    """Which row stands for a processor, and how that was decided.

    row          the row used; a generic one when nothing fits
    how          alias, regex, substring or fallback, strongest first
    seen         the name as the operating system gives it
    normalised   the name that was looked for
    tdp_w        watts with an interval: a point for a named row, a range over the family for a generic name;
                 None when the row is known but no design power is published
    remark       why the interval is wide, or what the name hides; None when there is nothing to say
    """

    row: Processor
    how: How
    seen: str
    normalised: str
    tdp_w: Estimate | None
    remark: Remark | None = None

    @property
    def note(self) -> str | None:
        """The remark as a sentence."""
        return None if self.remark is None else _SENTENCES[self.remark].format(seen=self.seen, name=self.row.name)


_SENTENCES: dict[Remark, str] = {
    "no_power": "no design power is published for {name}",
    "superchip": "{name} stands for two GPUs and a CPU: the value is half of it, the interval reaches the whole",
    "two_gpus": "one {name} shows as two GPUs that share its power: the value is half, the interval reaches the whole",
    "part": "matched by the part of the name that is known: {name}",
    "range": "{seen!r} names no single product; the interval spans its family",
    "unknown": "{seen!r} is not in the catalogue; the interval spans processors of all kinds and may miss it",
}


_STRENGTH: tuple[How, ...] = get_args(How)
_FALLBACK: dict[Kind, str] = {"cpu": "generic-cpu-socket", "gpu": "generic-gpu"}
_NOISE = re.compile(
    r"\((?:r|tm|c)\)|®|™|\bcpu\b(?=\s*@|\s*$)|@.*$|\bprocessor\b.*$|\b\d+-core\b"
    r"|\bw(?:ith)? radeon.*$|\b\d{1,2}th gen\b"
)


def normalise(name: str) -> str:
    """Lower case; no (R), (TM), clock, core count or the word processor; ``-`` and ``_`` become spaces."""
    text = _NOISE.sub(" ", name.casefold())
    text = re.sub(r"\bcpu\b", " ", text.replace("-", " ").replace("_", " "))
    return SIZE.sub(r"\1gb", " ".join(text.split()))


def match_cpu(os_name: str) -> Match:
    """The row for a CPU as named by the operating system; never fails, see ``Match.how``."""
    return match(os_name, "cpu")


def match_gpu(os_name: str) -> Match:
    """The row for a GPU as named by its driver; a power limit read from the driver beats ``tdp_w``."""
    return match(os_name, "gpu")


@lru_cache(maxsize=256)
def match(os_name: str, kind: Kind) -> Match:
    """The row for ``os_name``; a name that fits nothing gives a generic row with a wide interval, never an error."""
    name = normalise(os_name)
    known = names(kind)
    row_id = known.row_id(name)
    if row_id is not None:
        return _named(row_id, "alias", os_name, name)
    for pattern, row_id in known.patterns:
        if re.search(pattern, name):
            return _named(row_id, "regex", os_name, name)
    inside = _longest_inside(name, known)
    if inside is not None:
        return _named(inside, "substring", os_name, name)
    return _fallback(os_name, name, kind, known)


def kind_of(name: str) -> Kind:
    """Whether ``name`` is that of a GPU or of a CPU; a CPU where neither is known by it."""
    by_strength = sorted(KINDS, key=lambda kind: (_STRENGTH.index(match(name, kind).how), not variants(name, kind)))
    return by_strength[0]


def names(kind: Kind) -> Names:
    """What the processors of one kind are called, the user's own rows among them."""
    return shipped(kind) if override_file(TABLE.name) is None else _own_names(kind)


@lru_cache(maxsize=2)
def _own_names(kind: Kind) -> Names:
    return Names(written(kind, TABLE.columns(*COLUMNS)))


def _named(row_id: str, how: How, seen: str, name: str) -> Match:
    row = TABLE.get(row_id)
    if row.tdp_w is None:
        return Match(row, how, seen, name, None, "no_power")
    low = high = value = row.tdp_w
    remark: Remark | None = "part" if how == "substring" else None
    if row.tdp_scope and row.tdp_scope.startswith("superchip") and "superchip" not in name:
        low = value = row.tdp_w / 2  # the driver shows each of the two GPUs by itself
        remark = "superchip"
    elif "k80" in name:
        low = value = row.tdp_w / 2
        remark = "two_gpus"
    factor = Factor(f"design power, {row.name}", value, low, high, "W", str(row.source), row.year, row.source.licence)
    return Match(row, how, seen, name, Estimate(value, low, high, "W", Provenance.ASSUMED, None, (factor,)), remark)


def _fallback(seen: str, name: str, kind: Kind, known: Names) -> Match:
    row = TABLE.get(_FALLBACK[kind])
    relatives, called = _relatives(name, known)
    known_family = bool(relatives)
    if not known_family:
        modern = {entry.row_id: entry.tdp_w for entry in known.all() if entry.modern and entry.tdp_w is not None}
        relatives = list(modern.values())
        called = "CPUs since 2012" if kind == "cpu" else "accelerators"
    powers = sorted(relatives)
    low, high = powers[len(powers) // 20], powers[-1 - len(powers) // 20]
    middle = powers[len(powers) // 2]
    value = middle if called in name else min(max(row.tdp_w or middle, low), high)
    source = f"{row.source}; 5-95 % of {len(powers)} catalogue rows ({called})"
    if called in name:
        source = f"median and 5-95 % of {len(powers)} catalogue rows named {called!r}"
    factor = Factor(f"design power, unnamed {called}", value, low, high, "W", source, None, row.source.licence)
    spread = Estimate(value, low, high, "W", Provenance.ASSUMED, None, (factor,))
    return Match(row, "fallback", seen, name, spread, "range" if known_family else "unknown")


def _relatives(name: str, known: Names) -> tuple[list[float], str]:
    """Design powers of rows whose alias begins with as many words of ``name`` as possible, two or one with a digit."""
    words = name.split()
    for count in range(len(words), 0, -1):
        prefix = " ".join(words[:count])
        if count == 1 and not any(letter.isdigit() for letter in prefix):
            break
        powers = {entry.row_id: entry.tdp_w for entry in known.starting(prefix) if entry.tdp_w is not None}
        if len(powers) >= 3:
            return list(powers.values()), prefix
    return [], ""


def variants(family: str, kind: Kind) -> list[Processor]:
    """The products that a name such as "NVIDIA H100" may mean: rows called so and on, weakest first.

    Empty for the name of one product, and for a name that begins none.
    """
    name, known = normalise(family), names(kind)
    if known.row_id(name) is not None:
        return []
    rows = [TABLE.get(row_id) for row_id in dict.fromkeys(entry.row_id for entry in known.starting(name))]
    return sorted(rows, key=lambda row: (row.tdp_w or 0.0, row.id)) if len(rows) > 1 else []


def _longest_inside(name: str, known: Names) -> str | None:
    """The row of the longest alias that stands in ``name`` on word borders and ends in what tells products apart."""
    words = name.split()
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length + 1):
            part = " ".join(words[start : start + length])
            if any(letter.isdigit() for letter in part) and (row_id := known.row_id(part)) is not None:
                return row_id
    return None
