"""The answer as plain data, schema ``place``."""

from __future__ import annotations

from typing import Any

from setsuden.decision import Bar
from setsuden.placement.inference.answer import Answer, ViewAnswer, intensities
from setsuden.placement.inference.break_points import BreakPoint
from setsuden.placement.inference.term import Placement
from setsuden.placement.inference.winners import WinnerMap

_KINDS = ("compute", "waiting", "radio", "network", "line")


def document(answer: Answer) -> dict[str, Any]:
    """Everything about the question, both views under ``views``."""
    study = answer.study
    return {
        "schema": "setsuden:place",
        "name": study.name,
        "objective": study.objective,
        "question": {
            "requests_per_minute": (study.rate_per_s * 60.0).value,
            "payload_kb": study.up_kb.value,
            "answer_kb": study.down_kb.value,
            "latency_limit_ms": None if study.latency_limit_s is None else study.latency_limit_s * 1e3,
            "link": study.link.name,
            "radio": study.radio.name,
            "published": study.published.id if study.published else None,
            "new_connection": study.new_connection,
            "speed": None
            if study.speed is None
            else {
                "name": study.speed.name,
                "down_mbps": study.speed.down.to_json() if study.speed.down else None,
                "up_mbps": study.speed.up.to_json() if study.speed.up else None,
                "missing": list(study.speed.missing),
            },
            "intensity_g_per_kwh": {
                "device": study.device_intensity.to_json(),
                "network": study.network_intensity.to_json(),
                "cloud": study.cloud_intensity.to_json(),
            },
        },
        "views_agree": answer.agree,
        "views": {view: _view(answer, found) for view, found in answer.views.items()},
        "published": [
            {
                "id": item.id,
                "title": item.title,
                "winner": item.winner,
                "cloud_j": item.cloud_j,
                "device_j": item.device_j,
            }
            for item in answer.published
        ],
        "factors": [factor.to_json() for factor in answer.factors],
        "seed": answer.seed,
    }


def by_kind(item: Placement, answer: Answer) -> dict[str, float]:
    """Joules per request of one placement by kind of term, best figures; kinds it does not have are left out."""
    found: dict[str, float] = {}
    for kind in _KINDS:
        amounts = [term.at(answer.weights).to("J/request").value for term in item.terms if term.kind == kind]
        if amounts:
            found[kind] = sum(amounts)
    return found


def split_name(answer: Answer, identity: str) -> str | None:
    """The layer after which a split cuts; None for a placement that is no split."""
    head, _, number = identity.partition(":")
    return answer.study.layers[int(number) - 1].name if head == "split" else None


def _view(answer: Answer, found: ViewAnswer) -> dict[str, Any]:
    return {
        "decision": found.decision.to_json(),
        "placements": [_placement(answer, found, item) for item in found.placements],
        "best_split_is_end": found.best_split_is_end,
        "break_even": [_point(item) for item in found.break_points],
        "sensitivity": {
            "compared": list(found.compared) if found.compared else None,
            "bars": [_bar(bar) for bar in found.bars],
        },
        "map": _map(found.map),
    }


def _placement(answer: Answer, found: ViewAnswer, item: Placement) -> dict[str, Any]:
    said = found.decision.assessment(item.id)
    carbon = item.option(intensities(answer.study)).value_of("carbon", answer.weights)
    assert carbon is not None
    return {
        "id": item.id,
        "split_after": split_name(answer, item.id),
        "energy_j": item.energy(answer.weights).to_json(),
        "carbon_g": carbon.to_json(),
        "latency_s": item.latency.to_json(),
        "latency_is_lower_bound": answer.study.latency_is_lower_bound and item.id not in ("device", "edge"),
        "keeps_up": item.busy_s <= 1 / answer.study.rate_per_s.value,
        "best_probability": said.best_probability,
        "energy_by_kind_j": by_kind(item, answer),
    }


def _point(item: BreakPoint) -> dict[str, Any]:
    return {
        "against": item.against,
        "factor": item.factor,
        "value": item.value,
        "low": item.low,
        "high": item.high,
        "device_wins": item.device_wins,
    }


def _bar(bar: Bar) -> dict[str, Any]:
    return {"name": bar.name, "at_low": bar.at_low, "at_high": bar.at_high}


def _map(found: WinnerMap) -> dict[str, Any]:
    return {
        "payload_kb": list(found.payload_kb),
        "rate_per_s": list(found.rate_per_s),
        "ids": list(found.ids),
        "winner": [list(row) for row in found.winner],
        "probability": [list(row) for row in found.probability],
    }
