"""Whatever the energy and the format: read back, it is the same energy, and nothing else changes it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from setsuden.report.formats import render
from setsuden.report.formats.facts import Facts
from tests.formats.support import record, subject, validated


def from_boamps(text: str) -> float:
    return float(validated("boamps", text)["measures"][0]["powerConsumption"])


def from_cyclonedx(text: str) -> float:
    card = validated("cyclonedx", text)["components"][0]["modelCard"]["considerations"]["environmentalConsiderations"]
    return float(card["energyConsumptions"][0]["activityEnergyCost"]["value"])


def from_spdx(text: str) -> float:
    (package,) = [e for e in validated("spdx", text)["@graph"] if e["type"] == "ai_AIPackage"]
    return float(package["ai_energyConsumption"]["ai_trainingEnergyConsumption"][0]["ai_energyQuantity"])


def from_manifest(text: str) -> float:
    (row,) = yaml.safe_load(text)["tree"]["children"]["run"]["inputs"]
    return sum(float(value) for name, value in row.items() if name.endswith("/energy"))


def from_codecarbon(text: str) -> float:
    (row,) = csv.DictReader(io.StringIO(text))
    return float(row["energy_consumed"])


def from_json_text(text: str) -> None:
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))


READERS: dict[str, Callable[[str], float]] = {
    "boamps": from_boamps,
    "cyclonedx": from_cyclonedx,
    "spdx": from_spdx,
    "if": from_manifest,
    "codecarbon": from_codecarbon,
}
energies = st.floats(1e-12, 1e9, allow_nan=False)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cpu=energies, gpu=st.none() | energies, half_width=st.floats(0.0, 2.0))
def test_every_machine_readable_format_keeps_the_energy(cpu: float, gpu: float | None, half_width: float) -> None:
    run = record({"cpu": cpu} | ({"gpu": gpu} if gpu is not None else {}), half_width=half_width)
    energy = run.summary.energy
    assert energy is not None
    chosen = subject(run, Facts(stage="training"))
    for form, read in READERS.items():
        assert read(render(form, chosen).text) == pytest.approx(energy.to("kWh").value, rel=1e-9), form
    for form in ("boamps", "cyclonedx", "spdx"):
        from_json_text(render(form, chosen).text)
    run.ledger.close()
