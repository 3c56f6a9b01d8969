"""Rows that are oddly filled: every answer is finite, above zero and inside its interval, and nothing warns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from setsuden.predict.answers import answers
from setsuden.predict.frame import rows_of
from setsuden.predict.shipped import TARGETS
from setsuden.predict.table import Predictor, fit

Row = dict[str, Any]
ODD: tuple[Row, ...] = (
    {"params_m": ""},
    {"gmacs": "", "macts_m": None},
    {"gmacs": "", "params_m": "", "macts_m": " "},
    {"gmacs": 0, "params_m": 0, "macts_m": 0},
    {"gmacs": -1, "batch_size": -3},
    {"gmacs": float("inf")},
    {"gmacs": float("nan"), "batch_size": np.nan},
    {"gmacs": 1e12, "batch_size": 1e9},
    {"gmacs": 1e-12, "params_m": 1e-12},
    {"gmacs": 1e300, "batch_size": 1e300, "device_tdp_w": 1e300, "power_limit_w": 1e-300},
    {"batch_size": np.int64(8), "device_count": np.int32(2)},
    {"batch_size": None},
    {"batch_size": 0},
    {"device_count": 0},
    {"device_count": 8},
    {"device_tdp_w": 0, "power_limit_w": 0},
    {"device_flops": 0, "device_bytes_per_s": 0},
    {"device": "RASPBERRY_PI-4"},
    {"device": ""},
    {"device": "ラズパイ", "model": "ネット"},
    {"precision": "q4_k"},
    {"precision": 8, "mode": True},
    {"unit": "output token"},
    {"unit": "output token", "active_params_m": 1e6},
    {"unit": "request"},
    {"unit": "sequence"},
    {"unit": "sequence", "params_m": 0},
    {"unit": "epoch", "mode": "train"},
    {"unit": "epoch", "extra": '{"samples_per_epoch": 1e308}'},
    {"device_class": "mcu"},
    {"task": "kernel", "input": "B1 M2 N3 K4"},
    {"task": "single convolution", "input": "1"},
    {"task": "layer"},
    {"input": "0x0x3"},
    {"input": "9" * 400},
    {"extra": "{nope"},
    {"extra": "[1]"},
    {"extra": '{"platform": 5, "version": null, "round": 3}'},
    {"units_per_s": 0},
    {"units_per_s": 5.0},
    dict.fromkeys(("mode", "model", "device", "unit", "scope", "gmacs", "params_m", "precision", "extra"), ""),
)


def bare(row: Row) -> Row:
    return {name: cell for name, cell in row.items() if name not in ("units_per_s", "energy_j", "power_w")}


def hold(predictor: Predictor, asked: list[Row]) -> None:
    said = predictor.predict(asked)
    low, high = predictor.interval(asked)
    assert (np.isfinite(low) & np.isfinite(high)).all()
    assert (low > 0).all()
    assert (low <= said).all()
    assert (said <= high).all()
    assert len(answers(predictor, asked)) == len(asked)


@pytest.mark.parametrize("target", TARGETS)
def test_odd_rows_get_answers_within_their_intervals(boards: list[Row], networks: list[Row], target: str) -> None:
    asked = [{**bare(row), **odd} for row in (boards[0], networks[0]) for odd in ODD]
    for known in ([], boards[::4] + networks[::4], [{**boards[i], **odd} for i, odd in enumerate(ODD)]):
        hold(fit(known, target), asked)


@pytest.mark.parametrize("target", TARGETS)
def test_one_run_its_copies_and_an_outlier_get_answers_within_their_intervals(boards: list[Row], target: str) -> None:
    wrong = {**boards[3], "energy_j": 100 * float(boards[3]["energy_j"]), "power_w": 100 * float(boards[3]["power_w"])}
    asked = [bare(row) for row in boards[::9]]
    for known in (boards[:1], boards[:1] * 200, boards[:200] * 2, [*boards[::5], wrong]):
        hold(fit(known, target), asked)


@pytest.mark.parametrize("factor", [100.0, 0.01])
def test_a_run_that_all_others_contradict_is_left_out(boards: list[Row], factor: float) -> None:
    own = [row for row in boards if row["device"] == "odroid"]
    others = [row for row in boards if row["device"] != "odroid"]
    runs = own[::8][:5]
    wrong = [*runs[:2], {**runs[2], "energy_j": factor * float(runs[2]["energy_j"])}, *runs[3:]]
    asked = [bare(row) for row in own]
    right, misled, without = (
        fit(others + known, "energy_j").predict(asked) for known in (runs, wrong, runs[:2] + runs[3:])
    )
    assert np.allclose(misled, without)
    assert np.abs(np.log(misled / right)).mean() < 0.2


def test_copies_of_a_run_make_nothing_certain(boards: list[Row]) -> None:
    low, high = fit(boards[:1] * 200, "energy_j").interval([bare(boards[0])])
    assert high[0] / low[0] > 1.01


def test_what_cannot_be_is_taken_as_not_told() -> None:
    rows = rows_of([{"batch_size": 0, "device_count": -1, "gmacs": 0, "params_m": -2, "model": float("nan")}])
    assert np.isnan([rows.numbers[name][0] for name in ("batch_size", "device_count", "params_m")]).all()
    assert rows.numbers["gmacs"][0] == 0
    assert rows.words["model"] == ("",)


class Missing:
    """Like ``pandas.NA``: what it is compared with is missing, too, and that is neither true nor false."""

    __hash__ = None  # type: ignore[assignment]

    def __ne__(self, other: object) -> Missing:  # type: ignore[override]
        return self

    def __bool__(self) -> bool:
        raise TypeError("boolean value of NA is ambiguous")


def test_a_missing_value_that_compares_with_nothing_is_one_not_told() -> None:
    rows = rows_of({"gmacs": [Missing(), 0.3], "precision": [Missing(), "int8"]})
    assert np.array_equal(rows.numbers["gmacs"], [np.nan, 0.3], equal_nan=True)
    assert rows.words["precision"] == ("", "int8")


def test_sizes_that_the_given_rows_state_are_measured_ones(boards: list[Row]) -> None:
    known = [{**boards[0], "batch_size": size} for size in (40, 80)]
    assert fit(known, "energy_j").unseen([{**bare(boards[0]), "batch_size": size} for size in (40, 60)]) == (
        "row",
        "setting",
    )


@pytest.mark.parametrize("target", TARGETS)
def test_a_picture_of_a_size_that_nobody_measured_gets_a_sensible_answer(target: str) -> None:
    row = {
        "task": "text-to-image",
        "unit": "image",
        "model": "a",
        "params_m": 900,
        "device": "NVIDIA H100",
        "precision": "bf16",
    }
    asked = [{**row, "input": size} for size in ("1024x1024", "512x512", "256x256", "16x16", "90000x90000")]
    for known in ([], [{**row, "input": "1024x1024", "energy_j": 400, "power_w": 500, "units_per_s": 1}]):
        predictor = fit(known, target)
        low, high = predictor.interval(asked)
        assert (high / low < 1e6 * (1 + 1e-6)).all()
        assert np.ptp(np.log(predictor.predict(asked))) < np.log(10)


def test_a_size_far_beyond_the_measured_ones_is_left_to_the_law(boards: list[Row]) -> None:
    predictor = fit(boards, "energy_j")
    far, farther = predictor.predict([{**bare(boards[0]), "gmacs": size} for size in (1e4, 1e5)])
    assert 1 < farther / far <= 10 * (1 + 1e-6)
