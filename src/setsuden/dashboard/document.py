"""The first page as plain data; schema ``dashboard``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from setsuden.dashboard.advice import advice
from setsuden.dashboard.pricing import Pricing
from setsuden.dashboard.settings import Settings
from setsuden.dashboard.spent import Group, Spent
from setsuden.dashboard.tally import PHASES, Tally
from setsuden.footprint.document import document as footprint_document
from setsuden.language import Language
from setsuden.ledger.document import summary_document
from setsuden.quantity import Estimate, Provenance


def document(found: Spent, pricing: Pricing, settings: Settings, language: Language) -> dict[str, object]:
    """Figures in J, carbon and cost of the whole as in schema ``footprint``; unknown is null, never 0."""
    energy = found.total.energy
    return {
        "ledger": None if settings.shared else str(settings.ledger),
        "period": {
            "key": found.period.key,
            "first": _day(found.period.first),
            "last": _day(found.period.last),
            "step": found.step,
        },
        "ever": found.ever,
        "total": _tally(found.total),
        "footprint": None if energy is None else footprint_document(pricing.of(energy), language),
        "over_time": [{"start": column.start.isoformat(), **_tally(column.tally)} for column in found.columns],
        "tags": _groups(found.tags),
        "untagged": _tally(found.untagged),
        "names": _groups(found.names),
        "machines": _groups(found.machines),
        "running": [summary_document(entry.summary) for entry in found.running],
        "broken_off": {
            **_tally(found.lost),
            "items": [{**summary_document(e.summary), "detail": e.detail} for e in found.broken_off],
        },
        "advice": [
            {
                "code": item.code,
                "share": item.share,
                "energy": item.energy.to_json(),
                "what": item.what or None,
                "runs": item.count or None,
            }
            for item in advice(found, settings)
        ],
    }


def _tally(found: Tally) -> dict[str, Any]:
    return {
        "runs": found.runs,
        "shared": found.shared,
        "without_energy": found.unknown,
        "other_boundary": found.apart,
        "energy": _figure(found.energy),
        "provenance": {provenance.value: _figure(found.parts.get(provenance)) for provenance in Provenance},
        "phases": _figures(found.phases),
    }


def _figures(phases: Mapping[str, Estimate]) -> dict[str, Any]:
    return {phase: _figure(phases.get(phase)) for phase in PHASES}


def _figure(estimate: Estimate | None) -> dict[str, Any] | None:
    return None if estimate is None else estimate.to_json()


def _groups(groups: Sequence[Group]) -> list[dict[str, Any]]:
    return [{"name": group.name, **_tally(group.tally)} for group in groups]


def _day(day: object) -> str | None:
    return None if day is None else str(day)
