"""A measurement as numbers by name: what stands in them, in which unit, and what is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

import setsuden
from setsuden.errors import InputError
from setsuden.ledger import Ledger
from setsuden.meter import Measurement
from tests.meter.support import Bench


def measured(**attributes: object) -> Measurement:
    """Ten seconds at 50 W."""
    around = Bench({"fake/cpu": 50.0})
    with around.meter as meter, meter.window("train", **attributes) as window:
        around.clock.advance(10.0)
    assert window.measurement is not None
    return window.measurement


def test_joules_seconds_and_watts_agree() -> None:
    found = setsuden.figures(measured())
    assert found["duration_s"] == 10.0
    assert found["energy_j"] == pytest.approx(500.0)
    assert found["average_power_w"] == pytest.approx(50.0)
    assert found["energy_low_j"] <= found["energy_j"] <= found["energy_high_j"]


def test_a_window_that_says_its_samples_has_joules_and_time_per_sample() -> None:
    found = setsuden.figures(measured(samples=2000))
    assert found["samples_per_s"] == pytest.approx(200.0)
    assert found["energy_per_sample_j"] == pytest.approx(0.25)
    assert found["energy_per_sample_high_j"] == pytest.approx(found["energy_high_j"] / 2000)


def test_carbon_is_the_joules_times_the_intensity_of_the_grid() -> None:
    from setsuden.catalogue import grid

    found = setsuden.figures(measured(), site="JP")
    assert found["carbon_g"] == pytest.approx(500 / 3.6e6 * grid.intensity("JP").estimate().value)
    assert found["carbon_low_g"] < found["carbon_g"] < found["carbon_high_g"]


def test_what_is_not_known_is_left_out_and_never_zero() -> None:
    found = setsuden.figures(measured(samples=0))
    assert not {"dynamic_j", "process_cpu_energy_j", "carbon_g", "energy_per_sample_j", "samples_per_s"} & {*found}
    assert all(isinstance(value, float) for value in found.values())


def test_runs_of_the_ledger_have_the_figures_that_their_meter_had(tmp_path: Path) -> None:
    around = Bench({"fake/cpu": 50.0}, ledger=tmp_path / "ledger.sqlite")
    with around.meter as meter:
        around.clock.advance(10.0)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        assert setsuden.figures(ledger.run("last").root) == setsuden.figures(meter.result)


def test_a_window_that_is_still_open_has_no_figures() -> None:
    with Bench().meter as meter, meter.window("train") as window, pytest.raises(InputError, match="still open"):
        setsuden.figures(window.measurement)


def test_a_place_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InputError):
        setsuden.figures(measured(), site="Atlantis")


def test_a_measurement_is_printed_in_one_line() -> None:
    assert str(measured()) == "train: 500.0 J [499.9, 500.1], measured, in 10 s"
