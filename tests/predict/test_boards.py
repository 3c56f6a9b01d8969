"""Single boards, microcontrollers and devices that no data sheet tells of."""

from __future__ import annotations

import json
from math import log
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from setsuden.cli.main import main
from setsuden.errors import MissingDependencyError
from setsuden.predict import calibrate as calibration
from setsuden.predict.domain import devices, domains_of, software
from setsuden.predict.frame import rows_of
from setsuden.predict.job import Prediction, Work, predict
from setsuden.predict.sheet import class_of, design_power
from setsuden.predict.table import fit
from setsuden.predict.words import plain_words, similarity
from tests.predict.conftest import untimed
from tests.schemas_support import validate

NET = Work("mobilenet-v2", 3.5, 0.3, 6.7, (3, 224, 224))
BOARD = {"device_class": "edge", "scope": "whole system, wall", "unit": "sample", "gmacs": 0.3, "energy_j": 0.1}


def told(device: str, platform: str) -> list[str]:
    row = {**BOARD, "device": device, "framework": "Engine", "extra": json.dumps({"platform": platform})}
    return software(rows_of([row]))[0].split()


def width(result: Prediction) -> float:
    return log(result.energy.high / result.energy.low)


@pytest.mark.parametrize(
    ("device", "platform", "left"),
    [
        ("raspberry pi 4", "rpi4-armnn-v21.11-neon", ["armnn", "v21", "11", "neon"]),
        ("raspberry pi 4", "raspberrypi4-tflite-v23.05", ["tflite", "v23", "05"]),
        ("khadas vim4 (Amlogic A311D2)", "vim4-tflite-v2.11.0-ruy", ["tflite", "v2", "11", "0", "ruy"]),
        ("jetson xavier", "xavier-power.0-fan.cool", ["power", "0", "fan", "cool"]),
    ],
)
def test_words_that_name_the_board_are_no_software(device: str, platform: str, left: list[str]) -> None:
    assert told(device, platform) == ["Engine", *left]


def test_what_only_reads_a_model_is_no_software_where_something_else_computes_it() -> None:
    words = told("raspberry pi 4", "rpi4-tflite_armnn_cpp-armnn_tflite-v22.11-using_neon")
    assert "tflite" not in words
    assert {"armnn", "neon"} <= set(words)


def test_a_version_and_how_a_submission_is_put_together_tell_less_than_what_computes() -> None:
    plain, *others = (
        "ArmNN v22.05 neon fp32",
        "ArmNN v22.11 neon fp32",
        "ArmNN inference implementation v22.05 using neon fp32 cpp cpu",
        "ArmNN v22.05 opencl fp32",
        "TFLite v22.05 neon fp32",
    )
    version, packed, backend, engine = similarity([plain], others, plain_words)[0]
    assert min(version, packed) > max(backend, engine)


def test_boards_whose_rows_state_no_sizes_are_systems_like_others() -> None:
    rows = rows_of([BOARD, {**BOARD, "gmacs": ""}, {**BOARD, "gmacs": "", "params_m": 3.5}])
    assert domains_of(rows) == ("boards", "systems", "boards")


def test_a_microcontroller_is_its_board_whatever_its_name_adds_and_the_round_tells_its_software() -> None:
    row = {"device_class": "mcu", "unit": "inference", "group": "H7", "extra": '{"round": "v1.3"}'}
    rows = rows_of([{**row, "device": "NUCLEO-H7_X-CUBE-AI-8.0"}, {**row, "device": "NUCLEO_H7"}])
    assert len(set(devices(rows))) == 1
    assert software(rows)[0].split() == ["roundv1.3"]


def test_a_board_of_few_runs_is_placed_below_the_middle_and_within_half_of_all_cases(
    boards: list[dict[str, str]],
) -> None:
    own = [row for row in boards if row["device"] == "odroid"]
    others = [row for row in boards if row["device"] != "odroid"]
    predictor = fit(others + own[::30], "energy_j")
    asked = untimed([{**row, "framework": f"never seen {row['framework']}"} for row in own])
    said = predictor.predict(asked)
    low, high = predictor.interval(asked, level=0.5)
    known = {row["model"] for row in own[::30]}
    new = np.array([row["model"] not in known for row in own])
    assert (said < np.sqrt(low * high) * (1 + 1e-9))[new].all()
    assert (low < said).all()
    assert (said < high).all()


@pytest.mark.parametrize(
    ("device", "kind"),
    [
        ("Raspberry Pi 4", "edge"),
        ("jetson agx orin", "edge"),
        ("NUCLEO-H7A3ZI-Q", "mcu"),
        ("STM32L4", "mcu"),
        ("NVIDIA GeForce RTX 3090", "gpu"),
        ("Intel Core i7-1165G7", "cpu"),
        ("Apple M2", "cpu"),
        ("never heard of", "gpu"),
    ],
)
def test_a_name_tells_what_a_device_is(device: str, kind: str) -> None:
    assert class_of(device) == kind


@pytest.mark.parametrize(("device", "most_w", "boundary"), [("Raspberry Pi 4", 60, "node"), ("STM32L4", 1, "device")])
def test_a_board_draws_watts_of_a_board_and_its_energy_is_time_times_power(
    device: str, most_w: float, boundary: str
) -> None:
    result = predict(NET, device, samples=100, precision="int8")
    assert result.power.low < result.power.value < most_w
    assert result.energy.value == pytest.approx(result.time.value * result.power.value)
    assert str(result.energy.boundary) == boundary
    assert result.level == "no data sheet"


def test_training_on_a_board_was_never_measured_and_the_interval_says_so() -> None:
    served, trained = (predict(NET, "Raspberry Pi 4", samples=1, training=training) for training in (False, True))
    assert trained.outside == "kind of work"
    assert width(trained) == pytest.approx(1.5 * width(served), rel=0.02)
    assert trained.energy.value == pytest.approx(3 * served.energy.value, rel=0.2)


def test_runs_of_a_board_narrow_its_answer(boards: list[dict[str, str]]) -> None:
    own = [row for row in boards if row["device"] == "odroid" and "tflite" in row["framework"].casefold()]
    runs = [row for row in own if row["precision"] == "fp32"]
    assert len(runs) >= 5
    alone, informed = (predict(NET, "odroid", samples=1, rows=rows) for rows in ([], runs))
    assert informed.device_class == "edge"
    assert informed.level == "calibration runs"
    assert width(informed) < width(alone)


def test_an_unknown_device_may_be_anything_of_its_kind_and_is_said_to_be_unknown() -> None:
    unknown, known = (predict(NET, device, samples=1, batch_size=256) for device in ("never heard of", "Tesla V100"))
    assert (unknown.level, known.level) == ("no data sheet", "data sheet")
    assert width(unknown) > width(known) + 1
    spread = design_power("never heard of", "gpu")
    assert unknown.power.low < spread.low
    assert unknown.power.high > 2 * spread.value


def test_a_card_draws_more_the_fuller_its_steps_are() -> None:
    drawn = [predict(NET, "NVIDIA H100", samples=1, batch_size=batch).power.value for batch in (1, 32, 1024)]
    assert drawn == sorted(drawn)
    assert drawn[0] < 0.5 * drawn[-1]


@pytest.mark.parametrize(("language", "guessed"), [("en", "design power"), ("ja", "設計電力")])
def test_what_was_guessed_is_named_in_the_language_of_the_rest(language: str, guessed: str) -> None:
    result = CliRunner().invoke(main, ["predict", "mlp", "--device", "never heard of", "--lang", language])
    assert result.exit_code == 0
    assert guessed in result.output


def test_the_class_of_a_device_can_be_told_and_is_in_the_document() -> None:
    result = CliRunner().invoke(main, ["predict", "mlp", "--device", "x1", "--device-class", "edge", "--json"])
    assert result.exit_code == 0
    document = json.loads(result.output)
    validate("predict", document)
    assert document["device_class"] == "edge"
    assert document["energy"]["boundary"] == "node"


def test_a_class_that_tables_know_and_we_do_not_leaves_it_to_the_name(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("device,device_class,unit,scope,units_per_s\nNVIDIA A100-PCIe-80GB,datacenter,sample,wall,9\n")
    arguments = ["predict", "mlp", "--device", "NVIDIA A100-PCIe-80GB", "--rows", str(path)]
    said, told = (CliRunner().invoke(main, [*arguments, *more]) for more in ([], ["--json"]))
    assert said.exit_code == told.exit_code == 0
    assert json.loads(told.output)["device_class"] == "gpu"


def test_a_language_model_is_not_served_on_a_microcontroller() -> None:
    arguments = ["predict", "llm:8", "--device", "x1", "--device-class", "mcu", "--requests-per-second", "1"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert "--device-class" in result.output


def test_calibrating_without_torch_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("setsuden.errors._installed", lambda module: False)
    with pytest.raises(MissingDependencyError, match="torch"):
        calibration.calibrate("bench CPU", minutes=0.1)
