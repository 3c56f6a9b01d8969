"""``setsuden doctor``: every situation in both languages, and its document against the published schema."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from setsuden.cli.doctor import doctor
from setsuden.cli.doctor_text import doctor_text
from setsuden.language import Language
from setsuden.sensors import discover
from setsuden.sensors.diagnosis import diagnosis
from setsuden.testing import FakeGpu, FakeMachine, FakeNvml, rails
from tests.schemas_support import validate


def nothing(root: Path) -> FakeMachine:
    return FakeMachine(root)


def guest(root: Path) -> FakeMachine:
    machine = FakeMachine(
        root, cpu_name="AMD EPYC", vendor="AuthenticAMD", family=26, model=2, virtual=True, cores=2, threads=2
    )
    machine.contain(cpus=1.0, memory_bytes=2_000_000_000)
    return machine


def laptop(root: Path) -> FakeMachine:
    machine = FakeMachine(root)
    machine.powercap.client()
    rails.battery(machine.sysfs, 12.0)
    return machine


def denied(root: Path) -> FakeMachine:
    machine = laptop(root)
    for entry in machine.powercap.zones:
        machine.files.deny(machine.sysfs / f"class/powercap/{entry}/energy_uj")
    return machine


def server(root: Path) -> FakeMachine:
    gpus = (
        FakeGpu(),
        FakeGpu(counter=False),
        FakeGpu(counter=False, power=False),
        FakeGpu(mig=True),
        FakeGpu(lost=True),
    )
    machine = FakeMachine(root, nvml=FakeNvml(*gpus), environ={"CUDA_VISIBLE_DEVICES": "0,1,2,3,4"})
    machine.powercap.server(2)
    machine.powercap.zone("intel-rapl-mmio:0", "package-0", 1.0, follows="intel-rapl:0", range_uj=None)
    return machine


def jetson(root: Path) -> FakeMachine:
    machine = FakeMachine(root)
    rails.jetpack5(machine.sysfs, {"VDD_IN": (5000, 2000), "VDD_SOC": (5000, 400)})
    return machine


SITUATIONS = [nothing, guest, laptop, denied, server, jetson]


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_situation_is_told_in_both_languages(
    tmp_path: Path, situation: Callable[[Path], FakeMachine], language: Language
) -> None:
    found = discover(situation(tmp_path).host)
    text = doctor_text(found, language)
    document = diagnosis(found, language)
    validate("doctor", document)
    assert "{" not in text.replace("{}", "")
    for finding in document["findings"]:
        assert finding["detail"] != finding["code"], "every finding has its message"


def test_an_estimate_is_called_one_with_its_interval(tmp_path: Path) -> None:
    found = discover(nothing(tmp_path).host)
    assert "All figures here are estimates" in doctor_text(found, "en")
    document = diagnosis(found)
    assert document["basis"] == "estimated"
    power = document["estimated_power"]
    assert power["idle"]["value"] < power["full"]["value"]
    assert power["full"]["low"] < power["full"]["value"] < power["full"]["high"]
    assert document["processor"]["how"] == "alias"
    assert document["factors"]


def test_a_card_of_which_nothing_is_known_is_not_inside_what_an_estimate_is_said_to_hold(tmp_path: Path) -> None:
    found = discover(FakeMachine(tmp_path, nvml=FakeNvml(FakeGpu(lost=True))).host)
    text = " ".join(doctor_text(found, "en").split())
    assert "Estimated: GPU 0 (answers nothing), CPU" in text
    assert "the truth may lie anywhere" not in text
    assert "（応答なし）" in doctor_text(found, "ja")


def test_the_reason_and_the_ends_of_an_accuracy_are_told_in_japanese_too(tmp_path: Path) -> None:
    text = "".join(doctor_text(discover(nothing(tmp_path).host), "ja").split())
    assert "ドライバーのライブラリlibnvidia-ml.so.1が入っていません" in text
    assert re.search(r"精度:-\d+%〜\+\d+%（", text)
    assert "notinstalled" not in text


def test_where_the_share_of_a_guest_is_from_is_told_in_japanese_too(tmp_path: Path) -> None:
    text = "".join(doctor_text(discover(guest(tmp_path).host), "ja").split())
    assert "コアの中央値" in text
    assert "median" not in text


def test_denied_access_comes_with_commands_to_copy(tmp_path: Path) -> None:
    text = doctor_text(discover(denied(tmp_path).host), "en")
    assert "\n      sudo find /sys/devices/virtual/powercap -name energy_uj -exec chmod a+r {} +\n" in text
    assert "/etc/udev/rules.d/" in text
    assert "/sys%p/energy_uj" in text


def test_a_machine_that_measures_everything_says_so(tmp_path: Path) -> None:
    found = discover(jetson(tmp_path).host)
    assert "All that goes into the total is measured" in doctor_text(found, "en")
    assert diagnosis(found)["basis"] == "measured"
    assert diagnosis(found)["processor"] is None


def test_parts_measured_and_parts_estimated_are_told_apart(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    machine.powercap.client(psys=False)
    found = discover(machine.host)
    assert diagnosis(found)["basis"] == "partly estimated"
    assert "Measured: CPU package 0. Estimated: DRAM, modelled" in " ".join(doctor_text(found, "en").split())


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_command_works_on_this_very_machine(language: str) -> None:
    text = CliRunner().invoke(doctor, ["--lang", language], catch_exceptions=False)
    assert text.exit_code == 0
    assert text.output.strip()
    document = CliRunner().invoke(doctor, ["--json", "--lang", language], catch_exceptions=False)
    assert document.exit_code == 0
    validate("doctor", json.loads(document.output))


def test_wrapping_japanese_loses_nothing_and_keeps_words_whole(tmp_path: Path) -> None:
    text = doctor_text(discover(server(tmp_path).host), "ja")
    assert "".join(text.split()).count("CPUpackage0DRAM") >= 2
    assert not any(line.strip()[:1] in "、。）」" for line in text.splitlines() if line.strip())
    assert "A100-SXM4-80GB" in text.replace("\n    ", " ")


def test_no_line_of_prose_is_wider_than_a_terminal(tmp_path: Path) -> None:
    lines = doctor_text(discover(server(tmp_path).host), "en").splitlines()
    assert max(len(line) for line in lines if "sudo" not in line and "What to do" not in line) <= 100
