"""What is known of a device before an answer is given."""

from __future__ import annotations

NOTHING, SHEET, RUNS = "no data sheet", "data sheet", "calibration runs"
HERE, SPEED = "calibrated here", "measured speed"
_AND = " + "


def level(*, sheet: bool, runs: bool, here: bool = False, speed: bool = False) -> str:
    """Everything that is known of a device, such as ``data sheet + calibration runs``.

    sheet   whether a data sheet of rates or design power is known
    runs    whether measured rows of it are; ``here``: from ``setsuden calibrate`` on this very machine
    speed   whether the speed of the very job was timed and told
    """
    known = [HERE] if here else [name for name, told in ((SHEET, sheet), (RUNS, runs)) if told] or [NOTHING]
    return _AND.join([*known, *([SPEED] if speed else [])])


def parts(told: str) -> list[str]:
    """What a ``level`` is made of."""
    return told.split(_AND)
