"""Whole tables: what is learned from rows, how sure it is, and what it refuses."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.predict import seen
from setsuden.predict.shipped import TARGETS
from setsuden.predict.table import fit
from tests.predict.conftest import untimed

Row = dict[str, str]


def held(rows: Sequence[Row], column: str, part: int, parts: int = 4) -> tuple[list[Row], list[Row]]:
    """Rows left and rows held out, by a label and not by row."""
    out = [zlib.crc32(row[column].encode()) % parts == part for row in rows]
    return [r for r, o in zip(rows, out, strict=True) if not o], [r for r, o in zip(rows, out, strict=True) if o]


def seconds(rows: Sequence[Row]) -> np.ndarray:
    return np.array([1 / float(row["units_per_s"]) for row in rows])


def joules(rows: Sequence[Row]) -> np.ndarray:
    return np.array([float(row["energy_j"]) for row in rows])


def mape(said: np.ndarray, truth: np.ndarray) -> float:
    return float(np.mean(np.abs(said / truth - 1)))


def test_rows_of_other_models_cut_the_error_of_the_data_sheet(networks: list[Row]) -> None:
    left, asked = held(networks, "group", 0)
    alone = mape(fit(None, "seconds_per_unit").predict(asked), seconds(asked))
    learned = mape(fit(left, "seconds_per_unit").predict(asked), seconds(asked))
    assert learned < 0.17
    assert learned < 0.75 * alone


def test_intervals_cover_models_that_were_never_seen(networks: list[Row]) -> None:
    inside: list[bool] = []
    for part in range(4):
        left, asked = held(networks, "group", part)
        low, high = fit(left, "seconds_per_unit").interval(asked)
        truth = seconds(asked)
        inside += ((low <= truth) & (truth <= high)).tolist()
    assert 0.83 <= np.mean(inside) <= 0.97


def test_five_runs_on_an_unseen_board_are_its_calibration(boards: list[Row]) -> None:
    before: list[float] = []
    after: list[float] = []
    for board in sorted({row["device"] for row in boards}):
        others = [row for row in boards if row["device"] != board]
        own = [row for row in boards if row["device"] == board]
        runs = own[:: max(1, len(own) // 5)][:5]
        asked = untimed([row for row in own if row not in runs])
        before += np.abs(fit(others, "energy_j").predict(asked) / joules(asked) - 1).tolist()
        after += np.abs(fit(others + runs, "energy_j").predict(asked) / joules(asked) - 1).tolist()
    assert np.mean(before) < 0.32
    assert np.mean(after) < 0.21
    assert np.mean(after) < 0.7 * np.mean(before)


def test_an_unseen_board_is_less_certain_than_a_seen_one(boards: list[Row]) -> None:
    left, timed = held(boards, "group", 1)
    asked, predictor = untimed(timed), fit(left, "energy_j")
    low, high = predictor.interval(asked)
    low_new, high_new = predictor.interval([{**row, "device": "board nobody has seen"} for row in asked])
    assert np.median(high_new / low_new) > np.median(high / low)


def test_a_wider_level_gives_a_wider_interval_around_the_prediction(boards: list[Row]) -> None:
    predictor, asked = fit(boards[:200], "energy_j"), untimed(boards)
    said = predictor.predict(asked)
    low, high = predictor.interval(asked, level=0.5)
    low90, high90 = predictor.interval(asked, level=0.9)
    assert (low90 < low).all()
    assert (low < said).all()
    assert (said < high).all()
    assert (high < high90).all()


@settings(max_examples=40, deadline=None)
@given(
    gmacs=st.floats(0.05, 100),
    factor=st.floats(1.01, 20),
    batch=st.integers(1, 512),
    device=st.sampled_from(["NVIDIA GeForce RTX 3090", "Tesla T4", "Intel Xeon Gold 5120", "no such device"]),
    mode=st.sampled_from(["infer", "train"]),
)
def test_without_rows_more_work_takes_longer_and_bigger_batches_save_time(
    gmacs: float, factor: float, batch: int, device: str, mode: str
) -> None:
    row = {"mode": mode, "device": device, "params_m": 20, "gmacs": gmacs, "macts_m": 10 * gmacs, "batch_size": batch}
    more = {**row, "gmacs": gmacs * factor, "macts_m": 10 * gmacs * factor}
    bigger = {**row, "batch_size": 2 * batch}
    plain, longer, batched = fit(None, "seconds_per_unit").predict([row, more, bigger])
    assert 0 < plain < longer
    assert batched <= plain


@pytest.mark.parametrize("device", ["Tesla T4", "NVIDIA GeForce RTX 4090", "Intel Xeon Gold 5120"])
def test_joules_that_nobody_has_counted_are_seconds_at_the_watts_foretold(device: str) -> None:
    row = {"mode": "infer", "device": device, "params_m": 25.6, "gmacs": 4.1, "macts_m": 11.1, "batch_size": 32}
    seconds, joules, watts = (float(fit(None, target).predict([row])[0]) for target in TARGETS)
    assert joules == pytest.approx(seconds * watts, rel=1e-6)


@pytest.mark.parametrize("limit", [100, 200, 300])
def test_no_card_is_said_to_draw_more_than_the_design_power_that_its_row_states(limit: int) -> None:
    row = {"mode": "train", "unit": "epoch", "device": "NVIDIA A40", "device_class": "gpu", "device_tdp_w": 300}
    asked = [{**row, "gmacs": gmacs, "batch_size": 64, "power_limit_w": limit} for gmacs in (0.001, 1, 1000)]
    for known in ([], [{**asked[1], "power_w": 299}]):
        predictor = fit(known, "power_w")
        _, high = predictor.interval(asked, level=0.99)
        assert (predictor.predict(asked) <= high).all()
        assert (high <= 300 * (1 + 1e-9)).all()


def test_a_faster_card_is_faster() -> None:
    row = {"mode": "infer", "params_m": 25.6, "gmacs": 4.1, "macts_m": 11.1, "batch_size": 128, "precision": "amp"}
    cards = ["Tesla T4", "NVIDIA GeForce RTX 3090", "NVIDIA GeForce RTX 4090", "NVIDIA H100 80GB HBM3"]
    said = fit(None, "seconds_per_unit").predict([{**row, "device": card} for card in cards])
    assert list(said) == sorted(said, reverse=True)


def test_the_shape_of_the_table_does_not_matter(boards: list[Row]) -> None:
    class Frame:
        columns = tuple(boards[0])

        def __getitem__(self, name: str) -> list[str]:
            return [row[name] for row in boards]

    columns = {name: [row[name] for row in boards] for name in boards[0]}
    plain = fit(boards, "energy_j").predict(boards)
    assert np.array_equal(plain, fit(columns, "energy_j").predict(columns))
    assert np.array_equal(plain, fit(Frame(), "energy_j").predict(Frame()))


def test_the_order_of_rows_changes_nothing_but_the_order(boards: list[Row]) -> None:
    predictor, half = fit(boards[:150], "energy_j"), untimed(boards[::2])
    for asked in (boards, [row for pair in zip(half, boards[1::2], strict=False) for row in pair]):
        assert np.allclose(predictor.predict(asked[::-1])[::-1], predictor.predict(asked), rtol=1e-9)


def test_the_order_of_measured_rows_changes_nothing(networks: list[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "_MOST_ROWS", 60)
    asked = untimed(networks[::7])
    ordered, turned = (fit(rows, "seconds_per_unit") for rows in (networks, networks[::-1]))
    assert len(networks) > 60
    assert np.allclose(ordered.predict(asked), turned.predict(asked), rtol=1e-6)
    assert np.allclose(ordered.interval(asked), turned.interval(asked), rtol=1e-4)


def test_rows_without_the_target_are_ignored(boards: list[Row]) -> None:
    blank = [{**row, "energy_j": ""} for row in boards[:30]]
    assert np.allclose(
        fit(boards[30:90] + blank, "energy_j").predict(untimed(boards)),
        fit(boards[30:90], "energy_j").predict(untimed(boards)),
    )


def test_a_size_far_from_everything_measured_is_named_and_widens_the_interval(boards: list[Row]) -> None:
    predictor = fit(boards, "energy_j")
    huge = {**boards[0], "gmacs": "90000"}
    assert predictor.outside([boards[0], huge]) == ("", "gmacs")
    low, high = predictor.interval(untimed([boards[0], huge]))
    assert high[1] / low[1] > high[0] / low[0]


def test_a_model_without_stated_work_borrows_it_from_its_likest(networks: list[Row]) -> None:
    left, asked = held(networks, "group", 2)
    blank = [{**row, "gmacs": "", "macts_m": ""} for row in asked]
    said = fit(left, "seconds_per_unit").predict(blank)
    assert mape(said, seconds(asked)) < 1.0


@pytest.mark.parametrize("frame", [None, [], {}])
def test_an_empty_frame_means_shipped_models_alone(frame: object) -> None:
    row = [{"mode": "infer", "device": "Tesla T4", "params_m": 25, "gmacs": 4, "macts_m": 11, "batch_size": 8}]
    assert fit(frame, "power_w").predict(row)[0] > 0
    assert fit(frame, "energy_j").predict(frame).shape == (0,)


def test_an_unknown_target_is_refused() -> None:
    with pytest.raises(InputError, match="One of"):
        fit(None, "carbon")


@pytest.mark.parametrize("level", [0.0, 1.0, 2.0])
def test_a_level_that_is_no_probability_is_refused(level: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        fit(None, "energy_j").interval([], level=level)


def test_columns_of_unequal_length_and_words_for_numbers_are_refused() -> None:
    with pytest.raises(InputError, match="equally long"):
        fit({"gmacs": [1, 2], "params_m": [1]}, "energy_j")
    with pytest.raises(InputError, match="no number"):
        fit({"gmacs": ["many"]}, "energy_j")
    with pytest.raises(InputError, match="table"):
        fit(7, "energy_j")
