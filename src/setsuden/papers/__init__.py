"""Published tables recomputed from their own inputs: printed value, ours, deviation, and what is unknown."""

from __future__ import annotations

from collections.abc import Callable

from setsuden.errors import InputError
from setsuden.papers import federations, green_fl, limits, patterson, strubell
from setsuden.papers.cell import Cell, Claim, Replay, Table

_REPLAYS: dict[str, Callable[[], Replay]] = {
    "strubell-2019": strubell.replay,
    "patterson-2021": patterson.replay,
    "nas-correction": patterson.correction,
    "computing-within-limits": limits.replay,
    "green-fl": green_fl.replay,
    "qiu-2023": federations.qiu,
    "savazzi-2021": federations.savazzi,
}


def names() -> list[str]:
    """Replays there are."""
    return list(_REPLAYS)


def replay(name: str) -> Replay:
    """A paper recomputed; InputError for a name that is not there, with those that are."""
    if name not in _REPLAYS:
        raise InputError("no such replay", value=name, remedy=f"There are: {', '.join(_REPLAYS)}.")
    return _REPLAYS[name]()


__all__ = ["Cell", "Claim", "Replay", "Table", "names", "replay"]
