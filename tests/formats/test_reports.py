"""SCI report, EU form, Impact Framework manifest, methods paragraphs: values recomputed by hand."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import yaml

from setsuden.errors import InputError
from setsuden.report.formats import render
from setsuden.report.formats.facts import Facts, FunctionalUnit
from setsuden.report.formats.latex import escape
from tests.formats.support import record, rendered, subject

PER_1000 = Facts(model="net", functional_unit=FunctionalUnit(unit="request", count=1000.0))


def cells(text: str, name: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {name} |")]
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


# -- SCI


def test_the_score_is_operational_plus_embodied_per_unit() -> None:
    # (4 kWh x 1.25 x 100 g/kWh + 250 g) / 1000 requests = 0.75 g
    text = rendered("sci", record(half_width=0.0), PER_1000, intensity=100.0, pue=1.25, embodied=0.25).text
    assert float(cells(text, "SCI")[0].split()[0]) == pytest.approx(0.75)
    operational, made = cells(text, "Operational (O = E x I)"), cells(text, "Embodied (M)")
    assert float(operational[0].split()[0]) == pytest.approx(0.5)
    assert float(made[0].split()[0]) == pytest.approx(0.25)
    assert operational[1] == "modeled"  # the facility's overhead was stated, not measured
    assert "no offsets" in text


def test_metered_energy_is_called_measured() -> None:
    text = rendered("sci", record(), PER_1000, intensity=100.0, embodied=0.25).text
    assert cells(text, "Operational (O = E x I)")[1] == "measured"
    assert cells(text, "R, functional unit")[1] == "sourced"


@pytest.mark.parametrize(
    ("facts", "place", "remedy"),
    [
        (PER_1000, {}, "--site"),
        (Facts(), {"site": "JP", "embodied": 1.0}, "--per"),
        (PER_1000, {"site": "JP"}, "making the hardware"),
    ],
)
def test_a_score_without_one_of_its_three_parts_is_refused(facts: Facts, place: dict[str, Any], remedy: str) -> None:
    with pytest.raises(InputError, match=remedy):
        rendered("sci", record(), facts, **place)


# -- EU


def test_training_energy_is_in_megawatt_hours_with_three_figures() -> None:
    text = rendered("eu-gpai", record({"gpu": 1234.0}), Facts(stage="training", compute_flop=3.14e23)).text
    assert cells(text, "Amount of energy used for training")[0].startswith("1.23 MWh")
    assert cells(text, "Training computation") == ["3.14 x 10^23 FLOP"]
    assert len(cells(text, "Measurement methodology")[0].split()) <= 100


def test_the_form_says_not_available_and_why() -> None:
    text = rendered("eu-gpai", record(), Facts(stage="inference")).text
    assert cells(text, "Amount of energy used for training") == ["N/A (this run is inference)"]
    assert "not declared" in rendered("eu-gpai", record()).text


def test_training_time_counts_days_and_accelerator_days() -> None:
    text = rendered("eu-gpai", record(duration_s=43200.0), Facts(stage="training")).text
    assert cells(text, "Training time") == ["0.500 days on the clock, 0.500 accelerator-days"]


# -- Impact Framework


def executed(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """What the framework's built-in plug-ins would compute, by their definitions."""
    plugins = manifest["initialize"]["plugins"]
    node = manifest["tree"]["children"]["run"]
    rows = [{**node["defaults"], **each} for each in node["inputs"]]
    for name in node["pipeline"]["compute"]:
        plugin, config = plugins[name], plugins[name]["config"]
        assert plugin["path"] == "builtin"
        for row in rows:
            if plugin["method"] == "Sum":
                row[config["output-parameter"]] = sum(row[key] for key in config["input-parameters"])
            elif plugin["method"] == "Multiply":
                product = 1.0
                for key in config["input-parameters"]:
                    product *= row[key]
                row[config["output-parameter"]] = product
            elif plugin["method"] == "Coefficient":
                row[config["output-parameter"]] = row[config["input-parameter"]] * config["coefficient"]
            else:
                assert plugin["method"] == "Sci"
                row["sci"] = row["carbon"] / row[config["functional-unit"]]
    return rows


def test_running_the_manifest_gives_our_figures() -> None:
    run = record({"cpu": 1.0, "gpu": 3.0, "dram": 0.5})
    place = {"intensity": 100.0, "pue": 1.2, "embodied": 0.46}
    manifest = yaml.safe_load(rendered("if", run, PER_1000, **place).text)
    (row,) = executed(manifest)
    ours = subject(run, PER_1000, **place)
    assert ours.footprint is not None
    assert row["energy"] == pytest.approx(4.5)
    assert row["carbon"] == pytest.approx(ours.footprint.total_carbon.to("gCO2e").value)
    assert row["sci"] == pytest.approx((4.5 * 1.2 * 100.0 + 460.0) / 1000.0)
    assert row["timestamp"] == "2026-01-01T00:00:00.000Z"


def test_a_manifest_without_a_place_stops_at_energy() -> None:
    manifest = yaml.safe_load(rendered("if", record()).text)
    (row,) = executed(manifest)
    assert row["energy"] == pytest.approx(4.0)
    assert "carbon" not in row


# -- paragraphs


def test_the_paragraph_states_energy_carbon_place_and_source() -> None:
    text = rendered("markdown", record(half_width=0.1), intensity=100.0).text
    assert "4.00 kWh [3.60, 4.40]" in text
    assert "NVIDIA A100" in text
    assert "400 gCO2e" in text
    assert "location-based" in text


def test_a_paragraph_without_a_place_says_nothing_of_carbon() -> None:
    assert "CO2" not in rendered("markdown", record()).text


@pytest.mark.parametrize(("language", "words"), [("en", "life cycle of generation"), ("ja", "発電のライフサイクル")])
def test_the_grid_of_a_methods_paragraph_has_its_year_and_its_convention_in_words(language: str, words: str) -> None:
    text = render("markdown", replace(subject(record(), site="JP"), language=language)).text  # type: ignore[arg-type]
    assert re.search(rf"; 20\d\d; {words}; ", text)
    assert "lifecycle" not in text


def test_latex_letters_are_escaped() -> None:
    text = rendered("latex", record(name="a_b & 50%"), site="JP").text
    assert r"a\_b \& 50\%" in text
    assert not re.search(r"(?<!\\)[%&#_]", text)
    assert escape("\\~{") == r"\textbackslash{}\textasciitilde{}\{"


def test_the_paragraph_exists_in_japanese() -> None:
    japanese = render("markdown", replace(subject(record(), site="JP"), language="ja")).text
    assert "消費電力量" in japanese
    assert "4.00" in japanese


def test_a_stated_intensity_is_cited_once() -> None:
    text = rendered("markdown", record(), intensity=100.0).text
    assert text.count("stated by the user") == 1
