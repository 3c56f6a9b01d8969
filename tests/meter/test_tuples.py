"""Named tuples made in a hurry behave as those of the standard library."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections import namedtuple
from typing import Any

import pytest

from setsuden.tuples import NamedTuple


class Point(NamedTuple):
    """Somewhere."""

    x: float
    y: float
    name: str = "p"

    @property
    def total(self) -> float:
        return self.x + self.y


Oracle: Any = namedtuple("Point", ["x", "y", "name"], defaults=["p"])


@pytest.mark.parametrize("given", [((1.0, 2.0), {}), ((), {"y": 2.0, "x": 1.0}), ((1.0, 2.0, "q"), {})])
def test_it_holds_compares_and_shows_what_the_standard_one_does(given: tuple[Any, Any]) -> None:
    places, names = given
    ours, theirs = Point(*places, **names), Oracle(*places, **names)
    assert ours == theirs == tuple(ours)
    assert hash(ours) == hash(theirs)
    assert repr(ours) == repr(theirs)
    assert ours._asdict() == theirs._asdict()
    assert ours._replace(y=5.0) == theirs._replace(y=5.0)
    assert Point._make(ours) == ours
    assert (ours.x, ours.y, ours.name, ours.total) == (theirs.x, theirs.y, theirs.name, 3.0)
    assert (Point._fields, Point._field_defaults, Point.__match_args__) == (
        Oracle._fields, Oracle._field_defaults, Oracle.__match_args__,
    )  # fmt: skip
    assert (Point.__name__, Point.__doc__, Point.__module__) == ("Point", "Somewhere.", __name__)
    assert str(inspect.signature(Point)) == str(inspect.signature(Oracle))
    assert pickle.loads(pickle.dumps(ours)) == copy.deepcopy(ours) == ours
    assert type(pickle.loads(pickle.dumps(ours))) is Point


@pytest.mark.parametrize("wrong", [((), {}), ((1.0,), {}), ((1.0, 2.0, "q", 4), {}), ((1.0, 2.0), {"z": 1})])
def test_it_refuses_what_the_standard_one_refuses(wrong: tuple[Any, Any]) -> None:
    places, names = wrong
    with pytest.raises(TypeError, match=r"Point.__new__\(\)"):
        Point(*places, **names)
    with pytest.raises(TypeError):
        Oracle(*places, **names)


def test_it_is_fixed() -> None:
    with pytest.raises(AttributeError):
        Point(1.0, 2.0).x = 3.0  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Point(1.0, 2.0).other = 3.0  # type: ignore[attr-defined]
    with pytest.raises((TypeError, ValueError)):
        Point(1.0, 2.0)._replace(other=1.0)  # type: ignore[call-arg]
