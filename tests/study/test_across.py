"""Indicators over a ledger: several pilots, other runs' windows, other machines, too little."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from setsuden.cli.main import main
from setsuden.ledger import Ledger
from setsuden.quantity import NODE, Estimate, Provenance
from setsuden.report.across import Said, render
from setsuden.study.analysis import leave_one_out_errors, spearman
from setsuden.study.analysis.across import Source, across
from setsuden.study.analysis.points import PHASES, Phase, Point
from tests.meter.support import Bench
from tests.report.support import Page
from tests.schemas_support import validate

MODELS = {"a": 1e5, "b": 4e5, "c": 1e6, "d": 3e6, "e": 1e7, "f": 5e7, "g": 2e8}
RANDOM = np.random.default_rng(7)
PARAMETERS = {name: float(RANDOM.uniform(1e4, 1e7)) for name in MODELS}


def joules(model: str, phase: Phase, batch_size: int) -> float:
    """Follows the MACs, a little off, never the parameters."""
    wobble = 1 + 0.05 * np.sin(17.0 * len(model) + MODELS[model] / 3e5 + batch_size)
    return float(1e-9 * MODELS[model] ** 0.9 * wobble * (3 if phase == "train" else 1))


def point(model: str, phase: Phase, batch_size: int, provenance: Provenance = Provenance.MEASURED) -> Point:
    energy = Estimate.relative(joules(model, phase, batch_size), 0.05, "J/sample", provenance, NODE)
    time = Estimate.relative(energy.value / 20, 0.01, "s/sample", Provenance.MEASURED)
    settings = (None, None, None, None, None)
    return Point(f"{model}/{phase}/{batch_size}", model, phase, batch_size, *settings, energy, time)


def source(
    run_id: str, models: Sequence[str], sizes: Sequence[int] = (16, 64), machine: str = "cpu", data: str = "digits",
    provenance: Provenance = Provenance.MEASURED, scale: float = 1.0,
) -> Source:  # fmt: skip
    points = tuple(point(name, phase, size, provenance) for name in models for phase in PHASES for size in sizes)
    facts = tuple(
        {
            "name": name,
            "title": name.upper(),
            "macs_per_sample": scale * MODELS[name],
            "parameters": PARAMETERS[name],
            "macs_per_parameter": scale * MODELS[name] / PARAMETERS[name],
            "activation_bytes_per_sample": None,
        }
        for name in models
    )
    return Source(
        run_id, f"pilot {run_id}", f"2026-01-0{run_id}T00:00:00+00:00", (machine, "meter"), data, points, facts
    )


def entry(document: Mapping[str, Any], target: str, phase: str, indicator: str) -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in document["found"][target][phase] if item["indicator"] == indicator)
    return found


def test_two_pilots_are_read_as_one_and_agree_with_the_arithmetic_of_one() -> None:
    together = across([source("2", ["e", "f", "g"]), source("1", ["a", "b", "c", "d"])])
    validate("indicators", together)
    assert len(together["models"]) == 7
    x = np.array([MODELS[name] for name in MODELS for _ in (16, 64)])
    y = np.array([joules(name, "train", size) for name in MODELS for size in (16, 64)])
    names = [name for name in MODELS for _ in (16, 64)]
    found = entry(together, "energy", "train", "macs_per_sample")
    expected = np.mean(list(leave_one_out_errors(x, y, names).values()))
    assert found["n"] == 7
    assert found["leave_one_model_out_mape"]["value"] == pytest.approx(expected)
    assert found["spearman"]["value"] == pytest.approx(float(spearman(x, y)[0]))
    assert found["trust"] == "good"
    assert entry(together, "energy", "train", "parameters")["trust"] == "no"
    assert entry(together, "energy", "train", "activation_bytes_per_sample")["n"] == 0


def test_time_of_serving_is_a_witness_for_training_and_time_does_not_tell_itself() -> None:
    document = across([source("1", list(MODELS))])
    assert entry(document, "energy", "train", "inference_time_per_sample")["trust"] == "good"
    assert entry(document, "time", "train", "inference_time_per_sample")["trust"] == "good"
    named = {item["indicator"] for item in document["found"]["time"]["infer"]}
    assert not {"time_per_sample", "inference_time_per_sample"} & named


def test_time_is_no_indicator_of_joules_that_were_made_from_it() -> None:
    modelled = across([source("1", list(MODELS), provenance=Provenance.ESTIMATED)])
    assert "time_per_sample" not in {item["indicator"] for item in modelled["found"]["energy"]["train"]}
    assert "No joule here was measured" in " ".join(Said(modelled, "en").warnings)
    measured = across([source("1", list(MODELS))])
    assert entry(measured, "energy", "train", "time_per_sample")["trust"] == "good"
    assert Said(measured, "en").warnings == []


def test_a_model_on_two_data_sets_keeps_its_facts_apart_and_is_left_out_as_one() -> None:
    twice = across([source("2", list(MODELS), data="cifar-10", scale=16.0), source("1", list(MODELS), data="digits")])
    assert {model["name"] for model in twice["models"]} >= {"a", "a (digits)"}
    assert entry(twice, "energy", "train", "macs_per_sample")["n"] == 7


def test_one_network_under_many_names_is_one_model() -> None:
    """Six names of two networks would make any indicator look good: each is foretold by its twin."""
    plain = source("1", ["a", "g"])
    points = tuple(replace(one, model=f"{one.model}-{twin}") for one in plain.points for twin in "123")
    facts = tuple({**one, "name": f"{one['name']}-{twin}"} for one in plain.models for twin in "123")
    document = across([replace(plain, points=points, models=facts)])
    validate("indicators", document)
    assert len(document["models"]) == 6
    found = entry(document, "energy", "train", "macs_per_sample")
    assert found["n"] == 2
    assert found["trust"] == "no"


def alike(indicator: Mapping[str, float], seed: int = 3) -> dict[str, Any]:
    """Eight models whose energies differ by a few hundredths, whatever the indicator says."""
    wobble = np.random.default_rng(seed).uniform(0.95, 1.05, 8)
    facts, points = [], []
    for (name, macs), factor in zip(indicator.items(), wobble, strict=True):
        facts.append({"name": name, "macs_per_sample": macs, "parameters": 1e6 * (1 + len(facts))})
        energy = Estimate.relative(float(factor), 0.05, "J/sample", Provenance.MEASURED, NODE)
        points.append(replace(point("a", "train", 16), model=name, energy=energy))
    return across([Source("1", "x", "2026-01-01T00:00:00+00:00", ("cpu",), None, tuple(points), tuple(facts))])


def test_models_that_are_all_alike_make_no_indicator_trusted() -> None:
    document = alike({name: 10.0**exponent for exponent, name in enumerate("abcdefgh")})
    found = entry(document, "energy", "train", "macs_per_sample")
    assert found["leave_one_model_out_mape"]["value"] < 0.1
    assert found["mape_without"] < 0.1
    assert found["trust"] == "no"
    warned = Said(document, "en").warnings
    assert any("differ so little in the energy of training" in line for line in warned)


def test_an_indicator_that_is_the_same_for_all_adds_nothing() -> None:
    document = alike(dict.fromkeys("abcdefgh", 5.0))
    found = entry(document, "energy", "train", "macs_per_sample")
    assert found["n"] == 8
    assert found["spearman"] is None
    assert found["leave_one_model_out_mape"]["value"] == pytest.approx(found["mape_without"])
    assert found["trust"] == "no"


def test_an_indicator_that_is_read_the_other_way_round_says_so() -> None:
    turned = source("1", list(MODELS))
    facts = tuple({**one, "macs_per_sample": 1e15 / one["macs_per_sample"]} for one in turned.models)
    document = across([replace(turned, models=facts)])
    assert entry(document, "energy", "train", "macs_per_sample")["trust"] == "good"
    assert "MACs per sample, where more means less" in " ".join(Said(document, "en").sentences("energy", "train"))
    upright = Said(across([turned]), "en").sentences("energy", "train")
    assert "where more means less" not in " ".join(upright)


def test_another_machine_is_left_out_by_name() -> None:
    document = across([source("2", list(MODELS)), source("1", list(MODELS), machine="other")])
    assert [item["run_id"] for item in document["left_out"]] == ["1"]
    assert "pilot 1" in Said(document, "en").warnings[0]


def test_too_few_models_are_said_to_be_too_few() -> None:
    document = across([source("1", ["a", "b", "c"])])
    validate("indicators", document)
    for language, words in (("en", "Too few models to say: 3 measured, 4 needed"), ("ja", "モデルが少なく")):
        said = Said(document, language)  # type: ignore[arg-type]
        assert said.headline.startswith(words)
        assert words in render(document, language)  # type: ignore[arg-type]
    five = Said(across([source("1", ["a", "b", "c", "d", "e"])]), "en")
    assert "fewer than 6 models" in five.sure
    assert all("May be trusted" not in line for line in five.sentences("energy", "train"))


def test_a_page_names_every_indicator_in_both_languages_and_loads_nothing() -> None:
    document = across([source("1", list(MODELS))])
    for language, words in (("en", "May be trusted here"), ("ja", "信頼できる指標は")):
        page = render(document, language)  # type: ignore[arg-type]
        assert words in page
        assert Page(page).faults == []
        assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")


def test_a_page_of_nothing_says_what_to_do() -> None:
    document = across([])
    validate("indicators", document)
    assert "setsuden pilot" in render(document, "en")


def test_windows_of_own_runs_that_say_their_model_are_taken_in(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    bench = Bench({"fake/cpu": 20.0}, ledger=path, name="mine")
    with bench.meter as meter:
        for name, macs in MODELS.items():
            for phase in PHASES:
                with meter.window(
                    name, model=name, phase=phase, samples=100, batch_size=10, macs=macs, parameters=1000
                ):
                    bench.clock.advance(joules(name, phase, 10) * 100 / 20)
        with meter.window("something else"):
            bench.clock.advance(1.0)
    with Bench(ledger=path, name="other").meter:
        pass
    done = CliRunner().invoke(main, ["indicators", "--json", "--ledger", str(path)])
    assert done.exit_code == 0, done.output
    document = json.loads(done.output)
    validate("indicators", document)
    assert [item["name"] for item in document["sources"]] == ["mine"]
    found = entry(document, "energy", "train", "macs_per_sample")
    assert found["n"] == 7
    assert found["trust"] == "good"
    assert entry(document, "energy", "train", "macs_per_parameter")["n"] == 7
    out = tmp_path / "pages"
    done = CliRunner().invoke(main, ["indicators", "mine", "--ledger", str(path)])
    assert done.exit_code == 2
    done = CliRunner().invoke(main, ["indicators", "--ledger", str(path), "--out", str(out)])
    assert sorted(page.name for page in out.iterdir()) == ["indicators.en.html", "indicators.ja.html"]
    assert "MACs per sample" in done.output
    refused = CliRunner().invoke(main, ["indicators", "last", "--ledger", str(path)])
    assert refused.exit_code == 2
    assert "which model" in refused.output


def test_a_pilot_in_the_ledger_is_read_from_its_document(tmp_path: Path) -> None:
    document = json.loads((Path(__file__).parents[1] / "report/data/pilot.json").read_text(encoding="utf-8"))
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path) as ledger:
        for _ in range(2):
            run = ledger.start_run("pilot", "study")
            run.put_document("pilot", copy.deepcopy(document))
            run.finish("finished")
    done = CliRunner().invoke(main, ["indicators", "--json", "--ledger", str(path)])
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    validate("indicators", found)
    once = sum(item.get("request_rate_per_s") is None for item in document["configurations"])
    assert len(found["points"]) == 2 * once
    assert len(found["models"]) == len({item["model"] for item in document["configurations"]})
