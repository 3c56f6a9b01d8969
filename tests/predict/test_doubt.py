"""What would narrow a forecast most."""

from __future__ import annotations

from typing import Any

import pytest

from setsuden.language import Messages
from setsuden.predict.doubt import Doubts, Narrowing, narrowing
from setsuden.predict.saying import outcome_lines
from setsuden.quantity import NODE, Estimate, Provenance

COUNTED = Estimate.relative(100.0, 0.3, "J", Provenance.ESTIMATED, NODE)


def found(wander: float, speed: float, **changes: Any) -> Narrowing:
    settings: dict[str, Any] = {
        "steps_done": 40, "steps_total": 1000, "first_evaluation": None, "counted": None, "runs": 3,
        "share_to_come": 0.96, **changes,
    }  # fmt: skip
    return narrowing(Doubts(wander, speed, 0.03), **settings)


def test_the_widest_doubt_is_named() -> None:
    assert found(0.4, 0.2) == Narrowing("steps", step=80)
    assert found(0.1, 0.2) == Narrowing("speed", runs=3)
    assert found(0.1, 0.2, counted=COUNTED) == Narrowing("sensor")
    assert found(0.01, 0.0) == Narrowing("rest", step=1000)
    assert found(0.4, 0.2, steps_done=700) == Narrowing("steps", step=1000)


def test_an_evaluation_that_has_not_been_seen_comes_first() -> None:
    assert found(0.4, 0.2, first_evaluation=100) == Narrowing("evaluation", step=100)


def test_an_evaluation_in_the_figure_is_named_only_where_it_is_the_widest_doubt() -> None:
    settings: dict[str, Any] = {
        "steps_done": 40, "steps_total": 1000, "first_evaluation": 100, "counted": None, "runs": 3,
        "share_to_come": 0.96,
    }  # fmt: skip
    assert narrowing(Doubts(0.1, 0.2, 0.03, evaluation=0.3), **settings) == Narrowing("evaluation_told", step=100)
    assert narrowing(Doubts(0.4, 0.2, 0.03, evaluation=0.3), **settings) == Narrowing("steps", step=80)


def test_late_in_a_run_only_the_sensor_is_left() -> None:
    assert found(0.4, 0.2, counted=COUNTED, share_to_come=0.01) == Narrowing("sensor")


def test_doubts_join_as_independent_ones() -> None:
    assert Doubts(0.3, 0.4, 0.0).joined == pytest.approx(0.5)


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(
    "by", [Narrowing("evaluation", step=9), Narrowing("evaluation_told", step=9),
           Narrowing("steps", step=9), Narrowing("speed", runs=9),
           Narrowing("sensor"), Narrowing("rest", step=9)]
)  # fmt: skip
def test_it_is_said_in_words(by: Narrowing, language: Any) -> None:
    messages = Messages("forecast", language)
    duration = Estimate.relative(10.0, 0.1, "s", Provenance.ESTIMATED, None).to_json()
    said = {
        "share": 0.1, "stable": True, "duration": duration, "energy": None, "carbon": None, "duration_error": None,
        "energy_error": None,
    }  # fmt: skip
    entry = {"name": "it", "steps_total": 10, "said": [{**said, "narrowed_by": by.to_json()}, said], "outcome": None,
             "budget": None}  # fmt: skip
    _, told, untold = outcome_lines({"runs": [entry]}, messages)
    assert told.startswith(untold)
    assert len(told) > len(untold)
    assert ("9" in told.removeprefix(untold)) == (by.by not in ("sensor", "rest"))
