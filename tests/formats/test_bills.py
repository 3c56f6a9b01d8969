"""SPDX and CycloneDX: the energy fields, in their units, with nothing made up."""

from __future__ import annotations

from datetime import date

import pytest

from setsuden.errors import InputError
from setsuden.report.formats.facts import Facts
from tests.formats.support import record, rendered, validated

PUBLISHED = Facts(
    model="net", version="1.0", download="https://models.example/net", supplier="lab", released=date(2026, 10, 1),
    stage="training",
)  # fmt: skip


@pytest.mark.parametrize(
    ("stage", "field"),
    [
        ("training", "ai_trainingEnergyConsumption"),
        ("pre-training", "ai_trainingEnergyConsumption"),
        ("fine-tuning", "ai_finetuningEnergyConsumption"),
        ("inference", "ai_inferenceEnergyConsumption"),
    ],
)
def test_spdx_files_energy_under_its_stage(stage: str, field: str) -> None:
    facts = Facts.model_validate({"stage": stage})
    document = validated("spdx", rendered("spdx", record({"cpu": 4.2e-6}), facts).text)
    (package,) = [element for element in document["@graph"] if element["type"] == "ai_AIPackage"]
    (entry,) = package["ai_energyConsumption"][field]
    assert entry["ai_energyQuantity"] == "0.0000042"
    assert entry["ai_energyUnit"] == "kilowattHour"
    assert set(package["ai_energyConsumption"]) == {"type", field}


def test_spdx_needs_to_know_the_stage() -> None:
    with pytest.raises(InputError, match="--stage"):
        rendered("spdx", record())


def test_the_ai_profile_is_claimed_only_with_what_it_requires() -> None:
    def profiles(facts: Facts) -> list[str]:
        document = validated("spdx", rendered("spdx", record(), facts).text)
        (found,) = [e["profileConformance"] for e in document["@graph"] if e["type"] == "SpdxDocument"]
        return list(found)

    assert profiles(PUBLISHED) == ["core", "software", "ai"]
    assert profiles(PUBLISHED.model_copy(update={"supplier": None})) == ["core"]


def test_every_reference_in_spdx_points_at_an_element() -> None:
    graph = validated("spdx", rendered("spdx", record(), PUBLISHED).text)["@graph"]
    ids = {element.get("spdxId") or element["@id"] for element in graph}
    assert len(ids) == len(graph)
    for element in graph:
        named = [element.get("creationInfo"), element.get("suppliedBy"), *element.get("createdBy", [])]
        assert set(named + element.get("rootElement", [])) - {None} <= ids


def test_cyclonedx_states_energy_in_kwh_and_carbon_in_tonnes() -> None:
    document = validated("cyclonedx", rendered("cyclonedx", record(phase="infer"), intensity=100.0, pue=1.25).text)
    (component,) = document["components"]
    considerations = component["modelCard"]["considerations"]["environmentalConsiderations"]
    (use,) = considerations["energyConsumptions"]
    assert use["activity"] == "inference"
    assert use["activityEnergyCost"] == {"value": pytest.approx(5.0), "unit": "kWh"}
    assert use["co2CostEquivalent"] == {"value": pytest.approx(5.0 * 100.0 / 1e6), "unit": "tCO2eq"}
    assert use["energyProviders"][0]["energySource"] == "unknown"


def test_cyclonedx_never_fills_the_offset_and_leaves_carbon_out_without_a_place() -> None:
    for place in ({}, {"site": "JP"}):
        text = rendered("cyclonedx", record(), **place).text
        validated("cyclonedx", text)
        assert "co2CostOffset" not in text
        assert ("co2CostEquivalent" in text) == bool(place)
