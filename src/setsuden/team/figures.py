"""The figures of runs and windows as columns that a question in SQL can use."""

from __future__ import annotations

import json
from typing import Any

from setsuden.ledger import RunSummary
from setsuden.ledger.content import Content, WindowRow
from setsuden.ledger.nesting import outer_of
from setsuden.quantity import Estimate
from setsuden.team.names import visible
from setsuden.team.selection import moment

_FIGURES = ("energy_j", "energy_low_j", "energy_high_j", "dynamic_j", "dynamic_low_j", "dynamic_high_j")


def of_run(content: Content, summary: RunSummary) -> dict[str, Any]:
    """Column -> value of ``setsuden.runs``."""
    tags = list(map(visible, json.loads(content.run.tags)))
    hardware = json.loads(content.run.environment).get("hardware") or {}
    energy, dynamic = summary.energy, summary.dynamic
    ends = (*_ends(energy), *_ends(dynamic))
    return {
        **dict(zip(_FIGURES, ends, strict=True)),
        "started_at": moment(content.run.started_at),
        "ended_at": moment(content.run.ended_at),
        "duration_s": summary.duration_s,
        "provenance": None if energy is None else energy.provenance.value,
        "boundary": None if energy is None else str(energy.boundary),
        "machine": json.loads(content.run.identity).get("host") or None,
        "processor": visible(hardware.get("processor")),
        "tags": tags,
        "within": outer_of(tags),
    }


def of_window(window: WindowRow) -> dict[str, Any]:
    """Column -> value of ``setsuden.windows``; those of an open window are unknown."""
    found = {} if window.measurement is None else json.loads(window.measurement)
    energy, dynamic = found.get("energy"), found.get("dynamic")
    parts = [None if part is None else part[end] for part in (energy, dynamic) for end in ("value", "low", "high")]
    return {
        **dict(zip(_FIGURES, parts, strict=True)),
        "energy_j": window.energy_j,
        "started_at": moment(window.started_at),
        "provenance": energy and energy["provenance"],
        "boundary": energy and energy["boundary"],
        "flags": [visible(flag["code"]) for flag in found.get("flags", ())],
    }


def _ends(estimate: Estimate | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if estimate is None else (estimate.value, estimate.low, estimate.high)
