"""Codes that the rooms below can raise are explained in both languages; names are told apart where they must be."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from setsuden.language import LANGUAGES, Language
from setsuden.language.codes import meaning
from setsuden.meter import codes as meter_codes
from setsuden.report.html import render
from setsuden.report.record import read
from setsuden.report.words import Names, Words
from setsuden.sensors import flags as sensor_codes
from setsuden.study import codes as study_codes
from tests.report.support import Page, changed, sample


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("room", [meter_codes, sensor_codes, study_codes], ids=lambda module: module.__name__)
def test_every_flag_that_can_be_raised_is_explained(room: ModuleType, language: Language) -> None:
    codes = {value for value in vars(room).values() if isinstance(value, str) and value.startswith("SET-")}
    assert codes
    assert {code for code in codes if meaning(code, language) is None} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_limit_with_a_name_has_an_explanation(language: Language) -> None:
    words = Words(language)
    for code in ("all-modelled", "virtual-machine", "few-models", "short-training", "no-quality", "clock-jump",
                 "not-an-mlperf-result", "world-average-grid"):  # fmt: skip
        assert words.known("limit_term", code) != code
        assert words.explained("limit", code)


def test_settings_are_named_only_where_they_differ() -> None:
    def two_optimizers(document: dict[str, Any]) -> None:
        document["decision"]["options"][0]["optimizer"] = "adam"

    pilot = read(sample())
    assert Names(pilot, Words("en")).short(pilot.decision.options[0]) == "LeNet · 8"
    pilot = read(changed(two_optimizers))
    assert Names(pilot, Words("en")).short(pilot.decision.options[0]) == "LeNet · 8 · Adam"
    assert Names(pilot, Words("ja")).said(pilot.decision.options[1]) == "LeNet（バッチ 32、SGD）"


def test_the_full_name_tells_both_batch_sizes() -> None:
    pilot = read(sample())
    option = pilot.decision.options[0]
    assert Names(pilot, Words("en")).full(option) == ("LeNet, trained at batch size 8 and served at batch size 128")


def test_the_full_name_says_once_what_is_the_same() -> None:
    def same(document: dict[str, Any]) -> None:
        document["decision"]["options"][0]["serving_batch_size"] = 8

    pilot = read(changed(same))
    assert Names(pilot, Words("en")).full(pilot.decision.options[0]) == "LeNet, batch size 8"
    assert Names(pilot, Words("ja")).full(pilot.decision.options[0]) == "LeNet（バッチサイズ 8）"


def test_a_flag_raised_everywhere_says_so_in_one_word() -> None:
    def everywhere(document: dict[str, Any]) -> None:
        for index, configuration in enumerate(document["configurations"]):
            configuration["flags"] = [{"code": "SET-TOO-SHORT", "detail": f"Window {index} is short."}]
            if index < 5:
                configuration["flags"].append({"code": "SET-NOISY", "detail": "Noisy."})

    text = Page(render(read(changed(everywhere)), "en")).said("flags-table")
    assert "every configuration" in text
    assert f"and {len(sample()['configurations']) - 3} more" in text
    assert "and 2 more Noisy" in text
