"""What is new about a row, and what an answer says of itself."""

from __future__ import annotations

import numpy as np
import pytest

from setsuden.predict.answers import UNITS, answers
from setsuden.predict.shipped import TARGETS
from setsuden.predict.table import fit
from setsuden.quantity import DEVICE, Provenance

Row = dict[str, str]
NETWORK = {"mode": "infer", "params_m": 25, "gmacs": 4, "macts_m": 11, "batch_size": 8}


def test_what_is_new_about_a_row_is_named_the_largest_first(boards: list[Row]) -> None:
    one = boards[0]
    kept = [row for row in boards if (row["group"], row["device"]) != (one["group"], one["device"]) or row == one]
    others = [row for row in kept if row != one]
    asked = [one, {**one, "batch_size": "7"}, {**one, "device": "board nobody has seen"}, {**one, "group": "new-net"}]
    assert fit(kept, "energy_j").unseen(asked) == ("row", "setting", "device", "group")
    assert fit(others, "energy_j").unseen([one]) == ("pair",)
    assert fit(None, "energy_j").unseen([one]) == ("device",)


def test_a_measured_device_is_one_with_calibration_runs(boards: list[Row]) -> None:
    asked = [boards[0], {**boards[0], "device": "board nobody has seen"}]
    seen, unseen = answers(fit(boards, "power_w"), asked)
    assert seen.level == "calibration runs"
    assert unseen.level == "no data sheet"
    card = {**NETWORK, "device": "Tesla T4"}
    assert [one.level for one in answers(fit([{**card, "power_w": 60}], "power_w"), [card])] == [
        "data sheet + calibration runs"
    ]
    assert unseen.narrows_most == "runs on this device"
    assert seen.narrows_most == "a repetition of this run"


@pytest.mark.parametrize("target", TARGETS)
def test_every_answer_is_estimated_with_the_interval_of_the_predictor(boards: list[Row], target: str) -> None:
    predictor = fit(boards[:60], target)
    found = answers(predictor, boards[60:70], level=0.5)
    low, high = predictor.interval(boards[60:70], level=0.5)
    assert [one.figure.value for one in found] == predictor.predict(boards[60:70]).tolist()
    assert np.allclose([one.figure.low for one in found], low)
    assert np.allclose([one.figure.high for one in found], high)
    assert {one.figure.provenance for one in found} == {Provenance.ESTIMATED}
    assert {one.figure.unit for one in found} == {UNITS[target]}
    assert {one.figure.boundary for one in found} == {None if target == "seconds_per_unit" else DEVICE}
    assert all(one.narrows_most and one.level for one in found)
