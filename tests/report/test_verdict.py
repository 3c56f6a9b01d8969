"""The verdict in sentences, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from setsuden.language import Language
from setsuden.report import text_summary
from setsuden.report.html import render
from setsuden.report.numbers import total_unit
from setsuden.report.record import BreakEven, Flip, Pilot, read
from setsuden.report.verdict import break_even_sentence, flip_sentence, verdict
from setsuden.report.words import Names, Words
from tests.report.support import changed, sample, variant


def names(pilot: Pilot, language: Language = "en") -> tuple[Names, Words]:
    words = Words(language)
    return Names(pilot, words), words


def flip(factor: str, start: float, to: float, becomes: str | None, language: Language = "en", **more: Any) -> str:
    pilot = read(sample())
    return flip_sentence(
        Flip(factor=factor, **{"from": start}, to=to, becomes=becomes, **more), *names(pilot, language)
    )


RESNET = "resnet20/b32/sgd/fp32/t2"
MLP = "mlp/b8/sgd/fp32/t2"


def test_flips_say_which_way() -> None:
    assert flip("expected_requests", 1e5, 4e5, RESNET) == (
        "Above 400,000 requests, ResNet-20 (batch 32) becomes the better choice."
    )
    assert flip("expected_requests", 1e5, 4_599_784, RESNET).startswith("Above 4,600,000 requests")
    assert flip("expected_requests", 1e5, 50, RESNET).startswith("Below 50 requests")
    assert "95.1 % is enough" in flip("accuracy_floor", 0.96, 0.951, MLP)
    assert "no option meets" in flip("accuracy_floor", 0.96, 0.99, None)
    assert "up to 20 ms" in flip("latency_ceiling_ms", 10, 20, MLP)
    assert "more than 3 times" in flip("trainings", 1, 3, MLP)
    assert "応答時間を 5 ms より短く" in flip("latency_ceiling_ms", 10, 5, MLP, "ja")


def test_a_flip_of_the_serving_batch_size_says_so() -> None:
    said = flip("latency_ceiling_ms", 10, 5, RESNET, serving_batch_size=1)
    assert "ResNet-20 (batch 32) served at batch size 1" in said


def test_break_even_says_who_is_cheaper_on_which_side() -> None:
    pilot = read(sample())

    def said(language: Language = "en", **more: Any) -> str:
        return break_even_sentence(BreakEven(a=RESNET, b=MLP, **more), *names(pilot, language))

    figure = {"value": 1200.0, "low": 700.0, "high": 2600.0, "unit": "request", "provenance": "estimated"}
    assert said(requests=figure, verdict="a-below") == (
        "Up to 1,200 requests ResNet-20 (batch 32) is the cheaper, beyond them MLP 3×512 (batch 8)."
    )
    assert said(requests=figure, verdict="a-above").startswith(
        "Up to 1,200 requests MLP 3×512 (batch 8) is the cheaper"
    )
    assert said(requests_value=1200.0, verdict="a-above").startswith("Up to 1,200 requests MLP")
    assert said(verdict="never", cheaper=MLP).startswith(
        "MLP 3×512 (batch 8) is the cheaper of the two at every number"
    )
    assert "cost the same" in said(verdict="never")
    assert said("ja", verdict="never", cheaper=MLP).endswith("ResNet-20（バッチ 32）が逆転することはありません。")


def test_a_recommendation_that_is_not_among_the_options_is_no_recommendation() -> None:
    def lose(document: dict[str, Any]) -> None:
        document["decision"]["recommended"] = "gone"

    said = verdict(read(changed(lose)), Words("en"))
    assert said.confidence == "none-feasible"
    assert said.headline.startswith("No option")


def test_the_only_option_that_meets_the_limits_is_called_that() -> None:
    def narrow(document: dict[str, Any]) -> None:
        for option in document["decision"]["options"]:
            option["feasible"] = option["id"] == document["decision"]["recommended"]

    pilot = read(changed(narrow))
    assert verdict(pilot, Words("en")).because.startswith("It is the only one of 18 options that meets your limits")
    assert "この案だけです" in verdict(pilot, Words("ja")).because


def test_a_single_option_is_not_called_one_of_one() -> None:
    def alone(document: dict[str, Any]) -> None:
        decision = document["decision"]
        decision["options"] = [option for option in decision["options"] if option["id"] == decision["recommended"]]

    pilot = read(changed(alone))
    assert verdict(pilot, Words("en")).because.startswith("It is the only option that was measured")
    assert "測定した選択肢はこの案だけ" in verdict(pilot, Words("ja")).because


def test_a_choice_that_accuracies_cannot_carry_is_not_announced_as_one() -> None:
    def unlearnt(document: dict[str, Any]) -> None:
        document["decision"] |= {
            "confidence": "too-close",
            "reservations": [
                {"code": "accuracy-unknown", "models": ["lenet"], "epochs_trained": None, "epochs_asked": None},
                {"code": "short-training", "models": [], "epochs_trained": 0.153, "epochs_asked": 30},
            ],
        }

    said = verdict(read(changed(unlearnt)), Words("en"))
    assert said.headline.startswith("Not decided yet")
    assert "Not trained for accuracy, because time ran out: LeNet." in said.sure
    assert "after 0.15 of the 30 epochs that are priced" in said.sure
    assert said.sure.endswith("Give the pilot more minutes.")
    assert "まだ決められません" in verdict(read(changed(unlearnt)), Words("ja")).headline


def test_an_option_whose_accuracy_nobody_knows_is_not_said_to_miss_the_floor() -> None:
    def unknown(document: dict[str, Any]) -> None:
        option = document["decision"]["options"][0]
        option |= {"accuracy": None, "feasible": False}
        option["violations"] = [{"constraint": "accuracy_floor", "value": None, "limit": 0.9}]

    pilot = read(changed(unknown))
    assert pilot.decision.options[0].unknown
    assert not any(option.unknown for option in pilot.decision.options[1:])


def test_what_to_measure_next_names_the_configuration_or_the_limited_figure() -> None:
    def configuration(document: dict[str, Any]) -> None:
        document["decision"]["measure_next"]["factor"] = document["configurations"][0]["id"]

    def limited(document: dict[str, Any]) -> None:
        document["decision"]["measure_next"] = {"factor": "accuracy", "of": MLP, "gain": None}

    said = verdict(read(changed(configuration)), Words("en")).todo
    assert any("the energy of LeNet (batch 8) in training" in sentence for sentence in said)
    said = verdict(read(changed(limited)), Words("en")).todo
    assert any(
        "the accuracy of MLP 3×512 (batch 8), because it decides whether a limit is met" in sentence
        for sentence in said
    )


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_verdict_says_first_what_to_do(language: Language) -> None:
    """The first sentence follows the confidence; a choice that is not decided is never told to go ahead."""
    words = Words(language)
    for confidence in ("clear", "likely", "too-close"):
        assert verdict(read(changed(_confident(confidence))), words).todo[0] == words(f"todo.{confidence}")

    def undecided(document: dict[str, Any]) -> None:
        document["decision"]["reservations"] = [{"code": "accuracy-unknown", "models": ["lenet"]}]

    def nothing(document: dict[str, Any]) -> None:
        document["decision"] |= {"recommended": None, "confidence": "none-feasible"}

    assert verdict(read(changed(undecided)), words).todo[0] == words("todo.undecided")
    assert verdict(read(changed(nothing)), words).todo == (words("todo.none-feasible"),)


def test_a_short_training_and_a_missing_sensor_are_among_what_to_do() -> None:
    def short(document: dict[str, Any]) -> None:
        document["decision"]["reservations"] = [{"code": "short-training", "epochs_trained": 1.0, "epochs_asked": 20}]
        document["machine"]["measured_share"] = 0.0

    words = Words("en")
    said = verdict(read(changed(short)), words).todo
    assert words("todo.train_longer") in said
    assert words("todo.modelled") in said


def _confident(confidence: str) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        document["decision"]["confidence"] = confidence

    return change


def test_an_option_that_comes_out_best_more_often_is_named_with_the_reason() -> None:
    def close(document: dict[str, Any], surer: float) -> None:
        decision = document["decision"]
        feasible = [option for option in decision["options"] if option["feasible"]]
        other = next(option for option in feasible if option["id"] != decision["recommended"])
        for option in feasible:
            option |= {"best_probability": 0.29 if option["id"] == decision["recommended"] else 0.0}
            option |= {"feasible_probability": 0.5}
        other |= {"best_probability": 0.45, "feasible_probability": surer}

    sure = verdict(read(changed(lambda document: close(document, 0.9))), Words("en")).sure
    assert "comes out best more often (45 %)" in sure
    assert "surer to meet the limits" in sure
    free = verdict(read(changed(lambda document: close(document, 0.5))), Words("en")).sure
    assert "its figures are less sure" in free
    said = verdict(read(sample()), Words("en")).sure
    assert "more often" not in said


def test_a_saving_is_told_in_the_unit_of_the_energies_in_total() -> None:
    def small(document: dict[str, Any]) -> None:
        saving = document["decision"]["saving_against"]["saving"]
        saving |= {name: saving[name] / 1e6 for name in ("value", "low", "high")}

    pilot = read(changed(small))
    unit = total_unit(pilot)
    assert unit is not None
    assert f"\N{NO-BREAK SPACE}{unit} [" in verdict(pilot, Words("en")).saving


def test_a_saving_whose_interval_includes_none_says_so() -> None:
    def unsure(document: dict[str, Any]) -> None:
        document["decision"]["saving_against"]["saving"] |= {"low": -50.0}

    assert "includes no saving" in verdict(read(changed(unsure)), Words("en")).saving


def test_one_model_is_no_comparison_of_models() -> None:
    assert "not which model" in verdict(read(variant("one-model")), Words("en")).because


def test_an_unknown_degree_of_confidence_is_the_weakest() -> None:
    assert verdict(read(variant("unknown-codes")), Words("en")).confidence == "too-close"


@pytest.mark.parametrize(
    ("share", "words"), [(0.0, "No energy sensor"), (0.83, "83 %"), (None, "does not say"), (1.0, "")]
)
def test_the_warning_follows_the_measured_share(share: float | None, words: str) -> None:
    def measure(document: dict[str, Any]) -> None:
        document["machine"] |= {"measured_share": share, "virtualised": False}

    warnings = verdict(read(changed(measure)), Words("en")).warnings
    assert (words in warnings[0]) if words else warnings == ()


def test_without_options_nothing_is_said_about_limits_or_changes() -> None:
    said = verdict(read(variant("no-decision")), Words("en"))
    assert said.confidence == "no-options"
    assert said.flips == ()
    assert "limit" not in said.sure


@pytest.mark.parametrize(("share", "said"), [(0.98, True), (0.15, False), (None, False)])
def test_a_machine_busy_with_other_work_is_the_first_warning(share: float | None, said: bool) -> None:
    document = sample()
    document["idle"]["busy_share"] = share
    pilot = read(document)
    first, *_ = verdict(pilot, Words("en")).warnings
    sentence = "This machine was busy with other work (98 % of the CPU before the pilot began): the joules include it."
    assert first.startswith(sentence) is said
    assert any("busy with other work" in line for line in text_summary(document).splitlines()) is said
    assert (
        verdict(pilot, Words("ja")).warnings[0].startswith("このコンピューターはほかの処理も実行していました") is said
    )


def test_a_break_even_with_an_open_end_says_three_digits_and_its_low_end() -> None:
    def loosen(document: dict[str, Any]) -> None:
        found = document["decision"]["break_even"]
        found[:] = [{**found[0], "requests": None, "requests_value": 82_938_594.2, "requests_low": 1_234_567.0,
                     "requests_high": None, "verdict": "a-below", "cheaper": None}]  # fmt: skip

    english, japanese = (render(read(changed(loosen)), language) for language in ("en", "ja"))
    assert "82,900,000, from 1,230,000 on, upper end open" in english
    assert "82,900,000（1,230,000 から、上限なし）" in japanese
    assert "82,938,594" not in english + japanese
    assert "Up to 82,900,000 requests" in english


def test_an_error_that_is_not_the_same_on_both_sides_is_shown_with_both() -> None:
    def tilt(document: dict[str, Any]) -> None:
        sensors = document["machine"]["sensors"]
        sensors[0] |= {"relative_error": 1.63, "relative_error_below": 0.62}
        sensors[1] |= {"relative_error": 0.05, "relative_error_below": 0.05}

    page = render(read(changed(tilt)), "en")
    assert ">\N{MINUS SIGN}62 / +160<" in page
    assert ">±5.0<" in page
    assert "±160" not in page


@pytest.mark.parametrize("modelled", [True, False])
def test_time_is_no_indicator_of_joules_that_a_model_made_from_it(modelled: bool) -> None:
    def source(document: dict[str, Any]) -> None:
        for item in document["configurations"]:
            item["energy_per_sample"]["provenance"] = "estimated" if modelled else "measured"

    page = render(read(changed(source)), "en")
    assert ("So the time of a run is left out as an indicator of its energy" in page) is modelled
    assert ('id="indicator-train-time_per_sample' in page) is not modelled
    assert 'id="indicator-train-macs_per_sample' in page
