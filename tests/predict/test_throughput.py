"""A speed that somebody timed: watts are left to predict, joules are watts over it."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from setsuden.cli.main import main
from setsuden.errors import InputError
from setsuden.predict.answers import answers
from setsuden.predict.job import Work, predict
from setsuden.predict.table import fit
from tests.predict.conftest import untimed
from tests.schemas_support import validate

CARD = "NVIDIA GeForce RTX 3090"
NET = Work("resnet18", 11.7, 1.82, 2.48, (3, 224, 224))
Row = dict[str, str]


def split(rows: list[Row], column: str) -> tuple[list[Row], list[Row]]:
    out = [zlib.crc32(row[column].encode()) % 4 == 0 for row in rows]
    return [r for r, o in zip(rows, out, strict=True) if not o], [r for r, o in zip(rows, out, strict=True) if o]


def joules(rows: list[Row]) -> np.ndarray:
    return np.array([float(row["energy_j"]) for row in rows])


def test_a_timed_row_is_known_better_and_its_interval_still_holds(boards: list[Row]) -> None:
    timed: list[float] = []
    guessed: list[float] = []
    inside: list[bool] = []
    for board in sorted({row["device"] for row in boards}):
        own = [row for row in boards if row["device"] == board]
        runs = own[:: max(1, len(own) // 5)][:5]
        asked = [row for row in own if row not in runs]
        predictor = fit([row for row in boards if row["device"] != board] + runs, "energy_j")
        for errors, rows in ((timed, asked), (guessed, untimed(asked))):
            errors += np.abs(predictor.predict(rows) / joules(asked) - 1).tolist()
        low, high = predictor.interval(asked)
        inside += ((low <= joules(asked)) & (joules(asked) <= high)).tolist()
        assert np.median(high / low) < np.median(np.divide(*predictor.interval(untimed(asked))[::-1]))
    assert np.mean(timed) < 0.75 * np.mean(guessed)
    assert np.mean(timed) < 0.15
    assert 0.83 <= np.mean(inside) <= 0.98


def test_joules_of_a_timed_row_are_its_watts_over_its_speed(boards: list[Row]) -> None:
    left, asked = split(boards, "group")
    speed = np.array([float(row["units_per_s"]) for row in asked])
    assert np.allclose(fit(left, "energy_j").predict(asked) * speed, fit(left, "power_w").predict(asked), rtol=1e-4)
    twice = [{**row, "units_per_s": 2 * float(row["units_per_s"])} for row in asked]
    predictor = fit(left, "energy_j")
    assert np.allclose(predictor.predict(twice), predictor.predict(asked) / 2)


def test_what_an_asked_row_says_of_its_own_watts_joules_or_target_is_never_read(boards: list[Row]) -> None:
    left, asked = split(boards, "group")
    blank = [{**row, "energy_j": "", "power_w": ""} for row in asked]
    for target in ("energy_j", "power_w"):
        predictor = fit(left, target)
        assert np.array_equal(predictor.predict(asked), predictor.predict(blank))
    clock = fit(left, "seconds_per_unit")
    assert np.array_equal(clock.predict(asked), clock.predict(untimed(asked)))


@pytest.mark.parametrize("none", ["", None, 0, -3.0, float("nan"), float("inf")])
def test_a_speed_that_is_none_is_as_if_it_were_not_there(boards: list[Row], none: object) -> None:
    left, (first, second, *_) = split(boards, "group")
    predictor = fit(left, "energy_j")
    mixed = [{**first, "units_per_s": none}, second]
    alone = [predictor.predict(untimed([first]))[0], predictor.predict([second])[0]]
    assert np.allclose(predictor.predict(mixed), alone, rtol=1e-12)
    assert predictor.by_speed(mixed).tolist() == [False, True]


def test_a_speed_is_left_aside_where_watts_were_missed_by_more_than_joules(boards: list[Row]) -> None:
    left, asked = split(boards, "group")
    speeds = np.random.default_rng(0).lognormal(3.0, 2.0, len(boards)).tolist()
    erratic = [{**row, "units_per_s": speed} for row, speed in zip(left, speeds, strict=False)]
    predictor = fit(erratic, "energy_j")
    assert not predictor.by_speed(asked).any()
    assert np.array_equal(predictor.predict(asked), predictor.predict(untimed(asked)))


def test_rows_that_tell_joules_and_no_watts_answer_joules_as_before(boards: list[Row]) -> None:
    bare = [{**row, "units_per_s": "", "power_w": ""} for row in boards[:100]]
    predictor = fit(bare, "energy_j")
    assert not predictor.by_speed(boards[100:]).any()
    assert np.array_equal(predictor.predict(boards[100:]), predictor.predict(untimed(boards[100:])))


def test_the_level_says_that_the_speed_is_known_and_a_clock_is_named_where_it_helps(boards: list[Row]) -> None:
    left, asked = split(boards, "group")
    predictor = fit(left, "energy_j")
    timed, guessed = answers(predictor, asked), answers(predictor, untimed(asked))
    assert {one.level for one in timed} == {"calibration runs + measured speed"}
    assert {one.level for one in guessed} == {"calibration runs"}
    assert any("time it" in one.narrows_most for one in guessed)
    assert not any("time it" in one.narrows_most for one in timed)


def test_a_job_of_known_throughput_takes_that_long_and_its_energy_is_as_sure_as_its_power() -> None:
    plain, timed = (predict(NET, CARD, samples=1000, batch_size=64, throughput=told) for told in (None, 400.0))
    assert timed.time.value == pytest.approx(2.5)
    assert timed.time.high / timed.time.low < 1.2
    assert timed.power == plain.power
    assert timed.energy.value == pytest.approx(2.5 * timed.power.value)
    assert timed.energy.high / timed.energy.low < plain.energy.high / plain.energy.low
    assert (plain.level, timed.level) == ("data sheet", "data sheet + measured speed")
    assert timed.narrows_most == "power"
    odd = Work("odd", 11.7, 1.82, 2.48, (3, 7000, 7000))
    assert [predict(odd, CARD, samples=1, throughput=told).outside for told in (None, 4.0)] == ["input", ""]


@pytest.mark.parametrize("none", [0.0, -1.0, float("nan"), float("inf")])
def test_a_throughput_that_is_none_is_refused(none: float) -> None:
    with pytest.raises(InputError, match="above zero"):
        predict(NET, CARD, samples=1, throughput=none)


def test_a_board_of_known_throughput_draws_what_boards_draw() -> None:
    timed = predict(NET, "Raspberry Pi 4", samples=10, throughput=20.0)
    assert timed.time.value == pytest.approx(0.5)
    assert timed.energy.value == pytest.approx(timed.time.value * timed.power.value)
    assert 1 < timed.power.value < 60
    assert timed.level == "no data sheet + measured speed"


def test_a_training_on_a_board_with_trainings_of_its_own_lies_not_outside(boards: list[Row]) -> None:
    served = [row for row in boards if row["device"] == "odroid"][:6]
    trained = [{**row, "mode": "train"} for row in served]
    like = Work("like", *(float(served[0][name]) for name in ("params_m", "gmacs", "macts_m")), (3, 128, 128))
    outside = [predict(like, "odroid", samples=1, training=True, rows=rows).outside for rows in (served, trained)]
    assert outside == ["kind of work", ""]


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["predict", *arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize(("language", "said"), [("en", "measured speed"), ("ja", "実測の速さ")])
def test_the_command_takes_a_throughput_and_says_what_it_knows(language: str, said: str) -> None:
    asked = ("lenet", "--device", CARD, "--throughput", "412")
    code, output = run(*asked, "--json")
    assert code == 0, output
    document = json.loads(output)
    validate("predict", document)
    assert document["throughput"] == 412
    assert document["time"]["value"] == pytest.approx(1 / 412)
    code, output = run(*asked, "--lang", language)
    assert code == 0
    assert said in output
    assert "--throughput" not in output


def test_without_a_throughput_the_command_names_it_where_time_is_what_is_unsure(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"device,mode,model,gmacs,batch_size,power_w\n{CARD},infer,lenet,0.0004,1,120\n")
    code, output = run("lenet", "--device", CARD, "--rows", str(path), "--lang", "en")
    assert code == 0, output
    assert "--throughput" in output


@pytest.mark.parametrize("none", ["0", "-1", "nan"])
def test_the_command_refuses_a_throughput_that_is_none(none: str) -> None:
    code, output = run("lenet", "--device", CARD, "--throughput", none)
    assert code == 2
    assert "throughput" in output


def test_a_served_model_has_a_rate_and_no_throughput() -> None:
    code, output = run("llm:8", "--device", "NVIDIA H100", "--requests-per-second", "1", "--throughput", "5")
    assert code == 2
    assert "--throughput" in output


def test_a_served_request_is_priced_in_grams_where_it_is_served() -> None:
    asked = ("llm:8", "--device", "NVIDIA H100", "--requests-per-second", "1")
    documents = []
    for more in ((), ("--site", "FR"), ("--site", "PL")):
        code, output = run(*asked, *more, "--json")
        assert code == 0, output
        documents.append(json.loads(output))
        validate("predict-serving", documents[-1])
    plain, clean, dirty = documents
    assert plain["carbon"] is None
    assert clean["carbon"]["unit"] == "gCO2e/request"
    assert clean["carbon"]["value"] < dirty["carbon"]["value"]
    grams = dirty["request_energy"]["value"] / 3.6e6 * dirty["factors"][0]["value"]
    assert dirty["carbon"]["value"] == pytest.approx(grams, rel=0.1)
    code, output = run(*asked, "--site", "FR", "--lang", "en")
    assert "carbon of a request" in output


@pytest.mark.parametrize("batch_size", [1, 64, 1024])
def test_training_on_a_card_draws_what_the_law_of_measured_cards_says_within_idle_and_design_power(
    batch_size: int,
) -> None:
    found = predict(NET, "Tesla V100", samples=1, batch_size=batch_size, training=True).power
    row = {"mode": "train", "unit": "epoch", "params_m": NET.params_m, "gmacs": NET.gmacs, "batch_size": batch_size,
           "device": "Tesla V100", "device_class": "gpu"}  # fmt: skip
    gauge = fit(None, "power_w")
    low, high = gauge.interval([row])
    assert found.value == pytest.approx(gauge.predict([row])[0])
    assert 35 <= found.low <= low[0]
    assert high[0] <= found.high <= 300
