"""The collector rests while a start makes what stays, and never for longer, nor against the program's will."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from setsuden.startup import Uncollected


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    enabled = gc.isenabled()
    yield
    gc.unfreeze()
    (gc.enable if enabled else gc.disable)()


def test_nothing_is_collected_inside_and_the_collector_works_again_afterwards() -> None:
    gc.enable()
    begun: list[str] = []

    def note(phase: str, _: dict[str, int]) -> None:
        begun.append(phase)

    gc.callbacks.append(note)
    try:
        with Uncollected():
            kept: list[list[int]] = [[] for _ in range(10 * gc.get_threshold()[0])]
            assert begun == []
    finally:
        gc.callbacks.remove(note)
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
    assert any(item is kept for item in gc.get_objects(generation=2))


def test_it_ends_with_an_error_inside() -> None:
    gc.enable()
    with pytest.raises(ValueError, match="inside"), Uncollected():
        raise ValueError("inside")
    assert gc.isenabled()


def test_a_collector_that_the_program_has_switched_off_stays_off() -> None:
    gc.disable()
    with Uncollected():
        pass
    assert not gc.isenabled()


def test_what_the_program_has_frozen_stays_frozen() -> None:
    gc.enable()
    gc.freeze()
    frozen = gc.get_freeze_count()
    with Uncollected():
        pass
    assert 0 < gc.get_freeze_count() <= frozen


def test_one_inside_another_leaves_the_outer_one_alone() -> None:
    gc.enable()
    with Uncollected():
        with Uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
