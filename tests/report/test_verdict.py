"""The verdict in sentences, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from setsuden.language import Language
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
        "From 400,000 requests on, ResNet-20 · 32 becomes the better choice."
    )
    assert flip("expected_requests", 1e5, 50, RESNET).startswith("Below 50 requests")
    assert "95.1 % is enough" in flip("accuracy_floor", 0.96, 0.951, MLP)
    assert "no option meets" in flip("accuracy_floor", 0.96, 0.99, None)
    assert "up to 20 ms" in flip("latency_ceiling_ms", 10, 20, MLP)
    assert "3 times or more" in flip("trainings", 1, 3, MLP)
    assert "応答時間を 5 ms 以内" in flip("latency_ceiling_ms", 10, 5, MLP, "ja")


def test_a_flip_of_the_serving_batch_size_says_so() -> None:
    said = flip("latency_ceiling_ms", 10, 5, RESNET, serving_batch_size=1)
    assert "ResNet-20 · 32 (served at batch size 1)" in said


def test_break_even_says_who_is_cheaper_on_which_side() -> None:
    pilot = read(sample())

    def said(language: Language = "en", **more: Any) -> str:
        return break_even_sentence(BreakEven(a=RESNET, b=MLP, **more), *names(pilot, language))

    figure = {"value": 1200.0, "low": 700.0, "high": 2600.0, "unit": "request", "provenance": "estimated"}
    assert said(requests=figure, verdict="a-below") == (
        "Up to 1,200 requests ResNet-20 · 32 is the cheaper, beyond them MLP 3×512 · 8."
    )
    assert said(requests=figure, verdict="a-above").startswith("Up to 1,200 requests MLP 3×512 · 8 is the cheaper")
    assert said(requests_value=1200.0, verdict="a-above").startswith("Up to 1,200 requests MLP")
    assert said(verdict="never", cheaper=MLP).startswith("MLP 3×512 · 8 is the cheaper of the two at every number")
    assert "cost the same" in said(verdict="never")
    assert said("ja", verdict="never", cheaper=MLP).endswith("ResNet-20 · 32 が逆転することはありません。")


def test_a_recommendation_that_is_not_among_the_options_is_no_recommendation() -> None:
    def lose(document: dict[str, Any]) -> None:
        document["decision"]["recommended"] = "gone"

    said = verdict(read(changed(lose)), Words("en"))
    assert said.confidence == "none-feasible"
    assert said.headline.startswith("No option")


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
