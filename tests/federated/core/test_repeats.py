from __future__ import annotations

import numpy as np
import pytest

from setsuden.errors import InputError
from setsuden.federated.repeats import rounds_to_target


def test_few_seeds_give_their_range_and_say_how_little_that_covers() -> None:
    found = rounds_to_target([12, 9, 15], [12, 9, 15])
    assert (found.median, found.low, found.high) == (12, 9, 15)
    assert found.coverage == pytest.approx(0.75)
    assert (found.censored, found.tried) == (0, None)


def test_a_run_that_never_got_there_opens_the_interval_upwards() -> None:
    found = rounds_to_target([12, None, 9, 15, 11], [12, 40, 9, 15, 11])
    assert (found.median, found.low, found.high) == (12, 9, None)
    assert (found.censored, found.tried) == (1, 40)
    nobody = rounds_to_target([None, None], [30, 20])
    assert (nobody.median, nobody.low, nobody.high, nobody.tried) == (None, None, None, 20)


def test_the_interval_holds_the_true_median_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    hits = 0
    for _ in range(2000):
        found = rounds_to_target(random.integers(1, 1002, 10).tolist(), [1002] * 10)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 501 <= found.high
    assert found.coverage == pytest.approx(0.979, abs=0.001)
    assert hits / 2000 == pytest.approx(found.coverage, abs=0.015)


def test_seeds_without_rounds_are_refused() -> None:
    with pytest.raises(InputError):
        rounds_to_target([], [])
    with pytest.raises(InputError):
        rounds_to_target([1], [1, 2])
