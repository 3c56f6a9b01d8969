"""A program that measures itself under another measurement is told apart, so that its joules are counted once."""

from __future__ import annotations

from pathlib import Path

import pytest

from setsuden.ledger import Ledger
from setsuden.ledger.nesting import VARIABLE, outer_of, outermost, own_tags


def test_a_run_says_which_run_it_began_within(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        free = ledger.start_run("command", "outer", tags=["mine"])
        monkeypatch.setenv(VARIABLE, free.id)
        held = ledger.start_run("meter", "inner", tags=["mine"])
        earlier = ledger.start_run("import", "of elsewhere", environment={"hardware": {}})
        tags = {run.id: run.tags for run in ledger.runs(limit=None)}
    assert tags[free.id] == ("mine",)
    assert tags[held.id] == ("mine", f"within:{free.id}")
    assert tags[earlier.id] == ()
    assert outer_of(tags[held.id]) == free.id
    assert outer_of(tags[free.id]) is None


def test_only_runs_that_lie_in_none_of_the_others_are_outermost() -> None:
    runs = {"a": (), "b": ("x", "within:a"), "c": ("within:b",), "d": ("within:elsewhere",)}
    assert outermost(runs) == ["a", "d"]


def test_a_tag_that_ends_in_the_id_of_the_run_around_is_still_somebodys_own() -> None:
    assert own_tags(("mine", "compare-with-a1", "within:a1", "mine")) == ("mine", "compare-with-a1")
