"""What a predictor of tables says of each row beside a bare number: interval, level of knowledge, what narrows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from setsuden.predict.frame import Floats, Rows, rows_of
from setsuden.predict.level import level as level_of
from setsuden.predict.sheet import class_of, sheet
from setsuden.predict.situation import DEVICE, FAMILY, GROUP, PAIR, ROW, SETTING
from setsuden.predict.table import Predictor
from setsuden.quantity import DEVICE as DEVICE_BOUNDARY
from setsuden.quantity import Estimate, Provenance

UNITS = {"seconds_per_unit": "s", "energy_j": "J", "power_w": "W"}
_NARROWS = {
    DEVICE: "runs on this device",
    FAMILY: "runs of this family of models",
    GROUP: "runs of this model or of its variants",
    PAIR: "runs of this model on this device",
    SETTING: "a run at this batch size",
    ROW: "a repetition of this run",
}
_SPEED = "the speed of this run: time it and state units_per_s"
_MUCH_NARROWER = 0.75  # a clock is worth naming where the interval would keep less of its width than this
_WITHOUT_SHEET = ("edge", "mcu")


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of a table, predicted.

    figure        s, J or W of one unit of work, provenance ``estimated``, with its interval
    level         what is known of the device, see ``setsuden.predict.level``: measured rows of it are calibration runs
    narrows_most  what to measure so that the interval shrinks most
    outside       the size that lies outside what was measured, '' where none does
    """

    figure: Estimate
    level: str
    narrows_most: str
    outside: str


def answers(predictor: Predictor, frame: Any, level: float = 0.9) -> tuple[Answer, ...]:
    """Every row of a table as an ``Answer``; ``level`` (0-1, exclusive) is that of the intervals."""
    rows = rows_of(frame)
    values = predictor.predict(rows).tolist()
    low, high = predictor.interval(rows, level)
    timed = predictor.by_speed(rows).tolist()
    better = _narrower_by_speed(predictor, rows, np.log(high / low), level)
    unit = UNITS[predictor.target]
    boundary = None if unit == "s" else DEVICE_BOUNDARY
    w = rows.words
    columns = zip(
        values, low.tolist(), high.tolist(), predictor.unseen(rows), predictor.outside(rows), timed, better,
        w["device"], w["device_class"], strict=True,
    )  # fmt: skip
    return tuple(
        Answer(
            Estimate(value, min(down, value), max(up, value), unit, Provenance.ESTIMATED, boundary),
            level_of(sheet=_has_sheet(device, kind), runs=new != DEVICE, speed=speed),
            _SPEED if clock and new != ROW else _NARROWS[new],
            far,
        )
        for value, down, up, new, far, speed, clock, device, kind in columns
    )


def _has_sheet(device: str, told: str) -> bool:
    return class_of(device, told) not in _WITHOUT_SHEET and sheet(device, told).known


def _narrower_by_speed(predictor: Predictor, rows: Rows, width: Floats, level: float) -> list[bool]:
    """Which rows of joules would be known much better by a clock: their watts are, and their speed is not told."""
    if predictor.target != "energy_j":
        return [False] * len(rows)
    low, high = predictor.watts().interval(rows, level)
    narrower = (np.log(high / low) < _MUCH_NARROWER * width) & ~predictor.by_speed(rows)
    return [bool(one) for one in narrower]
