"""The models' cache: the same watts from it as without, and never from a stale or damaged file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden import catalogue
from setsuden.sensors import Discovery, discover
from setsuden.sensors.cpu_part import cpu_part
from setsuden.sensors.limits import Limits
from setsuden.sensors.machine import Machine
from setsuden.sensors.power_models import PowerModel
from setsuden.testing import FakeMachine

TABLES = Path(catalogue.__file__).parent / "tables"


def found_with(machine: FakeMachine, cache: Path | None) -> Discovery:
    return discover(machine.host._replace(cache=cache))


def test_a_cached_model_is_the_model(machine: FakeMachine, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    plain, first, second = (found_with(machine, where) for where in (None, cache, cache))
    assert sorted(file.name for file in cache.iterdir()) == ["model-cpu.json", "model-dram.json"]
    assert plain.cpu_model == first.cpu_model == second.cpu_model
    assert plain.channels == second.channels
    assert plain.findings == second.findings


def test_the_second_start_does_not_open_the_catalogue(
    machine: FakeMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found_with(machine, tmp_path)

    def refuse(*_: object) -> None:
        raise AssertionError("looked up again")

    monkeypatch.setattr("setsuden.sensors.cpu_part.cpu_part", refuse)
    assert found_with(machine, tmp_path).cpu_model is not None


def test_another_machine_is_looked_up_anew(tmp_path: Path) -> None:
    small = found_with(FakeMachine(tmp_path / "a", cores=2, threads=4, virtual=True), tmp_path)
    large = found_with(FakeMachine(tmp_path / "b", cores=4, threads=8, virtual=True), tmp_path)
    assert small.cpu_model is not None
    assert large.cpu_model is not None
    assert large.cpu_model.watts(1.0) == pytest.approx(2 * small.cpu_model.watts(1.0))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"key": 1}', "\x00"])
def test_a_damaged_cache_is_replaced(machine: FakeMachine, tmp_path: Path, text: str) -> None:
    (tmp_path / "model-cpu.json").write_text(text)
    assert found_with(machine, tmp_path).cpu_model == found_with(machine, None).cpu_model
    assert json.loads((tmp_path / "model-cpu.json").read_text())["model"]["points"]


def test_a_changed_model_in_the_cache_of_another_catalogue_is_not_used(machine: FakeMachine, tmp_path: Path) -> None:
    true = found_with(machine, tmp_path).cpu_model
    kept = json.loads((tmp_path / "model-cpu.json").read_text())
    kept["key"] = kept["key"].replace("processors.csv", "processors.old")
    kept["model"]["points"] = [[0.0, 1e6]]
    (tmp_path / "model-cpu.json").write_text(json.dumps(kept))
    assert found_with(machine, tmp_path).cpu_model == true


def test_figures_of_the_users_own_are_never_cached(
    machine: FakeMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "processors.csv").write_text((TABLES / "processors.csv").read_text())
    monkeypatch.setenv("SETSUDEN_CATALOGUE", str(tmp_path / "mine"))
    found_with(machine, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(machine: FakeMachine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert found_with(machine, tmp_path / "file" / "cache").cpu_model is not None


@given(st.floats(-0.5, 1.5))
def test_between_its_points_the_model_is_the_published_curve(utilisation: float) -> None:
    name = "Intel(R) Core(TM) i7-8700K CPU @ 3.70GHz"
    part = cpu_part(Machine(name, "GenuineIntel", 6, 158, 1, 6, 12, False, 16_000_000_000), Limits())
    points = tuple((share, part.full_w * power) for share, power in part.curve.row.points())
    model = PowerModel("", points, 0.0, 0.0, "", "", ())
    assert model.watts(utilisation) == pytest.approx(part.watts(utilisation))
