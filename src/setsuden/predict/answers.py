"""What a predictor of tables says of each row beside a bare number: interval, level of knowledge, what narrows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from setsuden.predict.situation import DEVICE, FAMILY, GROUP, PAIR, ROW, SETTING
from setsuden.predict.table import Predictor
from setsuden.quantity import DEVICE as DEVICE_BOUNDARY
from setsuden.quantity import Estimate, Provenance

Level = Literal["no data sheet", "data sheet", "data sheet + calibration runs", "calibrated here"]
UNITS = {"seconds_per_unit": "s", "energy_j": "J", "power_w": "W"}
_NARROWS = {
    DEVICE: "runs on this device",
    FAMILY: "runs of this family of models",
    GROUP: "runs of this model or of its variants",
    PAIR: "runs of this model on this device",
    SETTING: "a run at this batch size",
    ROW: "a repetition of this run",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of a table, predicted.

    figure        s, J or W of one unit of work, provenance ``estimated``, with its interval
    level         what is known of the device: measured rows of it are calibration runs
    narrows_most  what to measure so that the interval shrinks most
    outside       the size that lies outside what was measured, '' where none does
    """

    figure: Estimate
    level: Level
    narrows_most: str
    outside: str


def answers(predictor: Predictor, frame: Any, level: float = 0.9) -> tuple[Answer, ...]:
    """Every row of a table as an ``Answer``; ``level`` (0-1, exclusive) is that of the intervals."""
    values = predictor.predict(frame).tolist()
    low, high = (ends.tolist() for ends in predictor.interval(frame, level))
    unit = UNITS[predictor.target]
    boundary = None if unit == "s" else DEVICE_BOUNDARY
    found = []
    for value, down, up, new, far in zip(
        values, low, high, predictor.unseen(frame), predictor.outside(frame), strict=True
    ):
        figure = Estimate(value, min(down, value), max(up, value), unit, Provenance.ESTIMATED, boundary)
        known: Level = "data sheet" if new == DEVICE else "data sheet + calibration runs"
        found.append(Answer(figure, known, _NARROWS[new], far))
    return tuple(found)
