"""BoAmps reports: schema, units, quality from the interval, nothing guessed."""

from __future__ import annotations

import pytest

from setsuden.quantity import NODE, Estimate, Provenance
from setsuden.report.formats.boamps import quality
from setsuden.report.formats.facts import Facts, Infrastructure, Publisher
from tests.formats.support import record, rendered, validated

WHOLE = Facts(
    stage="training",
    task_family="image classification",
    algorithms=[{"algorithmName": "cnn", "parametersNumber": 0.025}],
    datasets=[{"dataUsage": "input", "dataType": "image", "dataQuantity": 50000}],
    accuracy=0.91,
    country="France",
    infrastructure=Infrastructure(type="onPremise"),
    publisher=Publisher(name="lab", confidentiality="public"),
)


def test_a_declared_run_becomes_a_valid_final_report() -> None:
    document = validated("boamps", rendered("boamps", record(), WHOLE).text)
    assert document["header"]["reportStatus"] == "final"
    assert document["header"]["reportDatetime"] == "2026-11-21 12:30:00"
    assert document["environment"] == {"country": "France"}
    (measure,) = document["measures"]
    assert measure["powerConsumption"] == pytest.approx(4.0)  # kWh, in spite of its name
    assert measure["measurementDuration"] == 3600.0
    assert measure["measurementDateTime"] == "2026-01-01 00:00:00"
    assert (measure["cpuTrackingMode"], measure["gpuTrackingMode"]) == ("rapl", "nvml")
    assert (measure["averageUtilizationCpu"], measure["averageUtilizationGpu"]) == (0.5, 0.9)
    assert [(c["componentType"], c["nbComponent"]) for c in document["infrastructure"]["components"]] == [
        ("cpu", 1),
        ("gpu", 1),
    ]


def test_what_nobody_declared_is_named_and_makes_a_draft() -> None:
    found = rendered("boamps", record())
    document = validated("boamps", found.text)
    assert document["header"]["reportStatus"] == "draft"
    assert document["task"]["taskStage"] == "unspecified"
    assert "environment" not in document
    assert "publisher" not in document["header"]
    (note,) = found.notes
    assert note.key == "unspecified"
    assert "task.taskStage" in dict(note.values)["fields"]  # type: ignore[operator]


def test_the_phase_a_run_recorded_is_its_stage() -> None:
    document = validated("boamps", rendered("boamps", record(phase="train", parameters=25_000_000, epochs=3)).text)
    assert document["task"]["taskStage"] == "training"
    assert document["task"]["algorithms"] == [{"parametersNumber": 0.025, "epochsNumber": 3}]


def test_the_idle_baseline_is_the_calibration() -> None:
    def watts(value: float) -> dict[str, object]:
        return Estimate.exact(value, "W", Provenance.MEASURED).to_json()

    idle = {"powers": {"rapl/package-0": watts(20.0), "nvml/GPU-1": watts(52.0)}, "duration_s": 50.0}
    (measure,) = validated("boamps", rendered("boamps", record(idle=idle)).text)["measures"]
    assert measure["powerCalibrationMeasurement"] == pytest.approx(72.0 * 50.0 / 3.6e6)
    assert measure["durationCalibrationMeasurement"] == 50.0


def test_a_baseline_of_some_parts_only_is_no_calibration() -> None:
    idle = {"powers": {"rapl/package-0": Estimate.exact(20, "W", Provenance.MEASURED).to_json()}, "duration_s": 50.0}
    (measure,) = validated("boamps", rendered("boamps", record(idle=idle)).text)["measures"]
    assert "powerCalibrationMeasurement" not in measure


@pytest.mark.parametrize(
    ("half_width", "grade"),
    [(0.0, "high"), (0.1, "high"), (0.11, "medium"), (0.25, "medium"), (0.3, "low"), (0.5, "low"), (0.51, None)],
)
def test_quality_follows_the_interval(half_width: float, grade: str | None) -> None:
    energy = Estimate.relative(4.0, half_width, "kWh", Provenance.MEASURED, NODE)
    assert quality(energy) == grade
    found = rendered("boamps", record(half_width=half_width))
    assert validated("boamps", found.text).get("quality") == grade
    assert ("no_quality" in [note.key for note in found.notes]) == (grade is None)


def test_the_farther_end_of_a_lopsided_interval_decides() -> None:
    assert quality(Estimate(1.0, 0.95, 1.4, "kWh", Provenance.MEASURED, NODE)) == "low"


def test_a_site_adds_country_and_intensity() -> None:
    environment = validated("boamps", rendered("boamps", record(), site="FR").text)["environment"]
    assert environment["country"] == "FR"
    assert 10 < environment["powerSourceCarbonIntensity"] < 100


def test_the_same_run_gives_the_same_report_id() -> None:
    run = record()
    first, second = (validated("boamps", rendered("boamps", run).text)["header"]["reportId"] for _ in range(2))
    assert first == second
