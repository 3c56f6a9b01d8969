"""A training that nothing measures, and one that several processes share: what is said, and by whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from setsuden.predict.progress import progress
from tests.meter.support import Bench


def test_a_budget_that_nothing_watches_is_said_not_to_be_kept(capsys: pytest.CaptureFixture[str]) -> None:
    run = progress(10, budget_kwh=1.0, on_budget="stop", environment={})
    assert run.step()
    assert "nothing measures this training, so its budget is not kept" in capsys.readouterr().err


def test_without_a_budget_a_training_that_nothing_measures_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(10, environment={}) as run:
        assert run.step(10)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("rank", "lines"), [("0", 1), ("1", 0)])
def test_only_the_first_of_several_ranks_speaks_in_a_meter_too(tmp_path: Path, rank: str, lines: int) -> None:
    around, said = Bench({"fake/cpu": 50.0}), []
    with around.meter as meter:
        run = progress(100, meter=meter, say=said.append, environment={"RANK": rank})
        for _ in range(60):
            around.clock.advance(1.0)
            run.step()
    assert bool(said) == bool(lines)
