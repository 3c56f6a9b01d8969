"""A declared federation is trained, priced, compared and written down; with and without each of its parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.federated.study.support import FLEET, SHORT, TINY, outcome
from tests.report.support import Page
from tests.schemas_support import validate

from setsuden.errors import InputError
from setsuden.federated.price import price
from setsuden.federated.stop import Stop
from setsuden.federated.study.document import document
from setsuden.federated.study.run import Outcome
from setsuden.federated.study.text import text
from setsuden.federated.study.verdict import UPLOAD
from setsuden.federated.study.words import FederatedWords
from setsuden.federated.trace import Outcome as Ended
from setsuden.federated.trace import Trace
from setsuden.language import LANGUAGES, Language, Messages
from setsuden.report.federated import render, write

OFF = "centralised: false\n"
PLACES = "compare: {countries: [FR, CN], devices: [board], networks: [attribution, wu-router]}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("federate")


@pytest.fixture(scope="module")
def whole(folder: Path) -> Iterator[Outcome]:
    """Two topologies, two seeds, prices in two countries on one board by two network models."""
    return outcome(TINY + SHORT + "topologies: [server, ring]\nseeds: [3, 4]\n" + PLACES + FLEET, folder)


@pytest.fixture(scope="module")
def unpriced() -> Outcome:
    return outcome(TINY + SHORT)


def test_every_topology_is_trained_with_every_seed_and_keeps_its_trace(whole: Outcome, folder: Path) -> None:
    assert [(one.task.topology.name, one.task.seed) for one in whole.trained] == [
        ("server", 3), ("server", 4), ("ring", 3), ("ring", 4),
    ]  # fmt: skip
    for one in whole.trained:
        assert one.trace_file is not None
        kept = Trace.load(folder / one.trace_file)
        assert np.array_equal(kept.sends.bytes, one.result.trace.sends.bytes)
        assert len(kept.rounds.round) == 2


def test_what_one_place_found_on_other_data_is_not_taken_over(tmp_path: Path) -> None:
    first = outcome(TINY + SHORT, tmp_path).centralised
    same = outcome(TINY + SHORT, tmp_path).centralised
    fewer = outcome(TINY.replace("200", "150") + SHORT + "topologies: [ring]\n", tmp_path).centralised
    assert first is not None
    assert same == first
    assert fewer is not None
    assert (first.samples, fewer.samples) == (200, 150)


def test_what_was_found_is_what_its_schema_promises(whole: Outcome, unpriced: Outcome) -> None:
    for one in (whole, unpriced):
        validate("federate", document(one))


def test_a_bill_in_the_document_is_that_of_the_trace_on_the_fleet(whole: Outcome) -> None:
    assert whole.fleet is not None
    plain = document(whole)
    for one, training in zip(whole.trained, plain["trainings"], strict=True):
        again = price(one.result.trace, whole.fleet)
        assert training["bill"]["total"]["carbon"]["value"] == again.carbon.value
        assert training["rounds_curve"][-1]["carbon_g"] == pytest.approx(again.carbon.value, rel=1e-12)


def test_parties_countries_and_devices_each_add_up_to_the_total(whole: Outcome) -> None:
    bill = whole.compared[0].declared.federated
    for table in (bill.by_party(), bill.by_country(), bill.by_device(), bill.by_term()):
        assert sum(cost.carbon.value for cost in table.values()) == bill.carbon.value


def test_the_comparison_covers_every_place_device_and_network(whole: Outcome) -> None:
    rows = document(whole)["comparison"]
    scenes = {(row["place"], row["device"], row["network"]) for row in rows}
    assert scenes == {
        (place, device, network)
        for place in (None, "FR", "CN")
        for device in (None, "board")
        for network in ("attribution", "wu-router")
    }
    assert len(rows) == len(scenes) * 4


def test_moved_whole_to_another_grid_carbon_follows_the_grid_and_same_grid_ratios_stay(whole: Outcome) -> None:
    """Linear in the grid: everything in CN over everything in FR is the ratio of the two intensities."""
    from setsuden.federated.fleet import country

    factor = country("CN").mean / country("FR").mean
    one = whole.compared[0]
    found = {row.place: row for row in one.rows if row.device is None and row.network == "attribution"}
    for side in ("federated", "centralised", "upload"):
        in_cn, in_fr = (getattr(found[place], side).carbon.value for place in ("CN", "FR"))
        assert in_cn / in_fr == pytest.approx(factor, rel=1e-9)
    ratios = one.ratios
    assert ratios is not None
    assert ratios.same_grid[0] == pytest.approx(ratios.same_grid[1], rel=1e-9)
    cross = dict(np.ndenumerate(ratios.cross_grid))
    assert cross[(1, 0)] / cross[(0, 1)] == pytest.approx(factor**2, rel=1e-9)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_ratio_is_shown_without_the_other(whole: Outcome, language: Language) -> None:
    words = FederatedWords(whole, language)
    notes = words.said().notes
    ratios = whole.compared[0].ratios
    assert ratios is not None
    shown = text(whole, language)
    same = [note for note in notes if "FR" in note and "CN" in note]
    assert len(same) >= 2
    assert all(note in shown for note in same)


def test_without_a_target_the_cheapest_is_advised_and_its_price_is_told(whole: Outcome) -> None:
    decision = document(whole)["decision"]
    cheapest = min(decision["options"], key=lambda option: option["metrics"]["carbon"]["value"])
    assert decision["recommended"] == cheapest["id"] == UPLOAD


def test_without_a_target_the_verdict_says_that_qualities_differ(whole: Outcome) -> None:
    assert whole.centralised is not None
    ends = [one.result.accuracy for one in whole.trained] + [whole.centralised.accuracy]
    for language in LANGUAGES:
        sure = FederatedWords(whole, language).said().sure
        assert "stop.target" in sure
        for end in (min(ends), max(ends)):
            assert f"{end:.1%}" in sure
    task = replace(whole.federation.tasks[0], stop=Stop(rounds=2, target=0.01))
    aimed = replace(whole, federation=replace(whole.federation, tasks=(task,)))
    assert "stop.target" not in FederatedWords(aimed, "en").said().sure


def test_raw_data_that_is_large_turns_the_advice_to_the_devices() -> None:
    small, large = (
        outcome(f"{TINY}{SHORT}sample_bytes: {count}\ncompare: {{networks: [attribution]}}\n{FLEET}")
        for count in (65, 50_000_000)
    )
    assert document(small)["decision"]["recommended"] == UPLOAD
    assert document(large)["decision"]["recommended"] == "server"
    assert "Train on the devices" in text(large, "en")
    bills = [one.compared[0].declared.federated.carbon.value for one in (small, large)]
    assert bills[0] == bills[1]


def test_where_the_verdict_turns_both_sides_cost_the_same() -> None:
    found = outcome(f"{TINY}{SHORT}sample_bytes: 3000\ncompare: {{networks: [attribution]}}\n{FLEET}")
    one = found.compared[0]
    link = next(turn for turn in one.turns_upload if turn.lever == "rounds")
    row = one.declared
    if link.at is not None:
        assert row.federated.carbon.value * link.at / link.now == pytest.approx(row.upload.carbon.value, rel=1e-6)


def test_a_target_that_is_missed_is_said_and_never_advised() -> None:
    found = outcome(TINY + "stop: {target: 0.999, rounds: 1}\ncentralised: {epochs: 1}\n" + FLEET)
    plain = document(found)
    validate("federate", plain)
    assert plain["decision"]["recommended"] is None
    assert plain["trainings"][0]["reached_round"] is None
    assert plain["centralised"]["reached"] is False
    assert plain["rounds_to_target"] == [
        {
            "topology": "server",
            "seeds": 1,
            "reached": 0,
            "mean": None,
            "least": None,
            "most": None,
            "median": None,
            "low": None,
            "high": None,
            "coverage": 0.0,
        }
    ]
    said = text(found, "en")
    assert said.startswith("Nothing here reached the target of 99.9%")
    assert "the target was not reached in 1 rounds" in said


def test_a_federation_that_falls_short_is_not_advised_however_cheap_it_is() -> None:
    """One round over devices costs next to nothing beside sending huge samples; only the latter reaches 80 %."""
    found = outcome(
        TINY.replace("learning_rate: 0.1", "learning_rate: 0.0001")
        + "stop: {target: 0.8, rounds: 1}\nsample_bytes: 50000000\n"
        + "centralised: {epochs: 30}\n"
        + FLEET
    )
    plain = document(found)
    assert plain["centralised"]["reached"] is True
    assert plain["decision"]["recommended"] == UPLOAD


def test_without_a_fleet_nothing_is_priced_and_the_page_says_so(unpriced: Outcome) -> None:
    plain = document(unpriced)
    assert plain["decision"] is None
    assert plain["comparison"] == []
    assert plain["trainings"][0]["bill"] is None
    assert plain["trainings"][0]["rounds_curve"][-1]["energy_j"] is None
    assert "no fleet was declared" in render(unpriced, "en")


def test_without_training_in_one_place_there_is_a_price_and_no_advice() -> None:
    found = outcome(TINY + "stop: {rounds: 1}\ncentralised: false\n" + FLEET)
    plain = document(found)
    validate("federate", plain)
    assert plain["centralised"] is None
    assert plain["trainings"][0]["bill"] is not None
    assert "nothing to compare with" in text(found, "en")
    assert "</html>" in render(found, "ja")


def test_rounds_to_the_target_have_an_interval_over_seeds() -> None:
    found = outcome(TINY + "stop: {target: 0.5, rounds: 30}\nseeds: [0, 1, 2]\ncentralised: false\n")
    (row,) = document(found)["rounds_to_target"]
    own = [one.result.reached_round for one in found.trained]
    assert row["reached"] == 3
    assert row["mean"] == pytest.approx(np.mean([number for number in own if number]))
    assert (row["least"], row["most"]) == (min(own), max(own))  # type: ignore[type-var]
    assert row["median"] == np.median([number for number in own if number])
    assert (row["low"], row["high"], row["coverage"]) == (row["least"], row["most"], 0.75)
    assert "with a chance of 75%" in text(found, "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_stands_alone_and_leaves_no_placeholder(whole: Outcome, language: Language, tmp_path: Path) -> None:
    page = render(whole, language)
    assert page.startswith("<!")
    for foreign in ("<script src", "<link ", 'src="http', "@import", ">None<", ">nan", "{topology}"):
        assert foreign not in page
    assert Page(page).faults == []
    assert [path.name for path in write(whole, tmp_path, [language])] == [f"report.{language}.html"]


def test_a_device_that_the_fleet_lacks_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no client of this fleet"):
        outcome(TINY + SHORT + "compare: {devices: [toaster]}\n" + FLEET, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_over_flower_every_topology_goes_there_and_peers_bytes_are_told_apart_from_flowers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from setsuden.federated import engine, flower
    from setsuden.federated.engine import FederatedResult
    from setsuden.federated.study import run as study

    asked = []

    def over_flower(*given: Any, **more: Any) -> flower.FlowerResult:
        done = engine.run(*given, **more)
        kept = {field.name: getattr(done, field.name) for field in fields(FederatedResult)}
        cost = flower.Cost(
            client=0, pid=1, cold=False, started_s=0.0, ended_s=0.0, cpu_s=0.0, before_s=0.0, idle_s=0.0,
            bytes_in=4_000_000, bytes_out=5_000_000,
        )  # fmt: skip
        call = flower.Call(1, 0, False, Ended.DONE, 0.0, 0.0, cost)
        return flower.FlowerResult(**kept, calls=(call,), node_j={}, node_cpu_s={}, meter="none")

    def taken(name: str) -> object:
        asked.append(name)
        return over_flower

    monkeypatch.setattr(study, "engine", taken)
    found = outcome(TINY + "engine: flower\ntopologies: [server, ring]\nstop: {rounds: 1}\ncentralised: false\n")
    assert asked == ["flower", "flower"]
    plain = document(found)
    validate("federate", plain)
    assert [one["bytes_over"] for one in plain["trainings"]] == ["links to the server", "peer links"]
    assert [one["carried_by_flower"] for one in plain["trainings"]] == [9_000_000, 9_000_000]
    assert plain["trainings"][1]["bytes"]["peer"] == 4 * 2 * (8 + 4 * 650)
    (told,) = [note for note in FederatedWords(found, "en").said().notes if "stood in for the links" in note]
    assert "9 MB" in told
    assert "9 MB" in text(found, "ja")


@pytest.mark.parametrize(
    ("selection", "sampling", "words"),
    [
        ("{kind: random, cohort: 2}", "fixed", "close to that but not the same"),
        ("{kind: poisson, share: 0.5}", "independent", "as the count assumes"),
        ("{kind: available, cohort: 2}", "certain", "the larger epsilon"),
        ("random", "certain", "the larger epsilon"),
    ],
)
def test_epsilon_is_never_shown_without_the_sampling_that_it_assumes(selection: str, sampling: str, words: str) -> None:
    found = outcome(f"{TINY}privacy: {{noise_multiplier: 2.0}}\nselection: {selection}\nstop: {{rounds: 3}}\n{OFF}")
    (training,) = document(found)["trainings"]
    validate("federate", document(found))
    assert training["epsilon"] > 0
    assert training["epsilon_sampling"] == sampling
    (told,) = [line for line in text(found, "en").splitlines() if "epsilon" in line]
    assert words in told


def test_a_study_may_ask_for_an_epsilon_in_place_of_the_noise() -> None:
    privacy, tail = "privacy: {epsilon: 5.0, clip_norm: 2.0}", f"stop: {{rounds: 3}}\n{OFF}"
    found = outcome(f"{TINY}{privacy}\nselection: {{kind: poisson, share: 0.5}}\n{tail}")
    (training,) = document(found)["trainings"]
    assert 4.9 < training["epsilon"] <= 5.0
    with pytest.raises(InputError, match="no noise keeps"):
        outcome(f"{TINY}privacy: {{epsilon: 0.001}}\n{tail}")


def test_the_reader_of_japanese_meets_no_english_name_of_a_choice_or_of_a_network_model(whole: Outcome) -> None:
    words = FederatedWords(whole, "ja")
    said = [
        words.choice(name)
        for name in ("random(10, x1.5, unbiased)", "poisson(0.1)", "none", "dirichlet(0.3)", "carbon-aware 4(all)")
    ]
    said += [words.topology(name) for name in ("hierarchical(4, every 2)", "gossip(2) x2", "given graph(6 edges)")]
    said += [words.network(name) for name in ("attribution", "marginal", "wu-router")]
    assert not [text for text in said if re.search("[a-z]{2,}", text)], said
    assert said[0] == "無作為(10, x1.5, 不偏)"
    page = render(whole, "ja")
    assert "ルーターのみ、7.5 W" in page
    assert "wu-router" not in page


@pytest.mark.parametrize(
    "name", ["random(10, x1.5, unbiased)", "top-0.01 without error feedback", "shards(2)", "my-graph(3 edges)"]
)
def test_names_of_choices_keep_their_figures_in_either_language(whole: Outcome, name: str) -> None:
    assert FederatedWords(whole, "en").topology(name) == name
    figures = re.findall(r"[0-9.]+", name)
    assert re.findall(r"[0-9.]+", FederatedWords(whole, "ja").choice(name)) == figures


def test_what_is_shown_of_one_training_is_of_one_that_reached_the_target(whole: Outcome) -> None:
    assert FederatedWords(whole, "en").cleanest == min(range(4), key=lambda index: whole.bills[index].carbon.value)
    dearest = max(range(4), key=lambda index: whole.bills[index].carbon.value)
    one = whole.trained[dearest]
    header = replace(one.result.trace.header, reached_round=2)
    reached = replace(one, result=replace(one.result, trace=replace(one.result.trace, header=header)))
    trained = tuple(reached if index == dearest else found for index, found in enumerate(whole.trained))
    assert FederatedWords(replace(whole, trained=trained), "en").cleanest == dearest


def test_accuracy_is_drawn_against_rounds_joules_and_grams(whole: Outcome) -> None:
    """The last point of each line says the whole bill's figures."""
    page = render(whole, "en")
    for what in ("rounds", "joules", "grams"):
        assert f"{what}-wide" in page
    for bill, one in zip(whole.bills, whole.trained, strict=True):
        assert f"{one.result.accuracy:.1%}, {bill.energy.value:,.3g} J" in page
        assert f"{one.result.accuracy:.1%}, {bill.carbon.value:,.3g} gCO2e" in page


def test_the_spectral_gap_stands_beside_the_carbon(whole: Outcome) -> None:
    lines = [line for line in text(whole, "en").splitlines() if line.startswith("  ring, 3")]
    assert lines[0].rstrip().endswith("gap 0.67")
    assert "gCO2e" in lines[0]


def test_a_budget_that_ends_a_training_is_said_and_so_is_whom_a_selection_left_out() -> None:
    found = outcome(
        TINY
        + "selection: {kind: carbon-aware, cohort: 2, sharpness: 50}\nstop: {energy_j: 0.5, rounds: 40}\n"
        + OFF
        + FLEET
    )
    assert document(found)["trainings"][0]["stop_reason"] == "energy"
    said = text(found, "en")
    assert "ended by its budget of energy" in said
    assert "not networks and servers" in said
    rows = {row["region"]: row for row in document(found)["trainings"][0]["regions"]}
    assert rows["CN"]["asked"] == 0.0
    assert f"China {rows['CN']['accuracy']:.1%}, 0.0" in said
    assert f"France {rows['FR']['accuracy']:.1%}, {rows['FR']['asked']:.1f}" in said


def test_the_gap_of_a_graph_and_of_graphs_drawn_anew_are_told_apart() -> None:
    found = outcome(f"{TINY}topologies: [ring, gossip, server]\nstop: {{rounds: 1}}\n{OFF}")
    assert [one["spectral_gap_of"] for one in document(found)["trainings"]] == ["graph", "expected", None]
    notes = [note for note in FederatedWords(found, "en").said().notes if "spectral gap" in note]
    assert ["in expectation" in note for note in notes] == [False, True]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_span_of_rounds_over_seeds_is_told_and_a_price_only_where_there_is_a_fleet(language: Language) -> None:
    found = outcome(TINY + "stop: {target: 0.5, rounds: 30}\nseeds: [0, 1]\ncentralised: false\ntopologies: [ring]\n")
    notes = FederatedWords(found, language).said().notes
    (row,) = document(found)["rounds_to_target"]
    assert any(str(row["least"]) in note and str(row["most"]) in note for note in notes)
    gap = {"en": "spectral gap", "ja": "スペクトルギャップ"}[language]
    assert sum(gap in note for note in notes) == 1  # once for all seeds
    assert not any("declared fleet" in note for note in notes)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_first_page_says_that_sending_the_data_may_be_forbidden(whole: Outcome, language: Language) -> None:
    said = Messages("federated", language).say("todo.privacy")
    page = render(whole, language)
    assert page.index(said) < page.index('data-test="cards"')
    assert said in text(whole, language)


def test_no_caption_of_the_page_repeats_the_heading_above_it(whole: Outcome) -> None:
    page = render(whole, "en")
    headings = set(re.findall(r"<h2 id=\"[\w-]+-heading\"><span class=\"count\">\d+</span> ([^<]+)</h2>", page))
    captions = re.findall(r"<figcaption>([^<]+)</figcaption>", page)
    captions += re.findall(r'<span class="cap">([^<]+)<', page)
    assert headings
    assert captions
    assert not headings & set(captions)


def test_the_question_is_a_sentence_and_places_have_names(whole: Outcome) -> None:
    page = render(whole, "en")
    assert "learns digits on" in page
    assert "France" in page
    assert "フランス" in render(whole, "ja")
