"""Looked-up figures are said in Japanese: every default, every country, and what names are put together from."""

from __future__ import annotations

import re

import pytest

from setsuden.catalogue.grid import LATEST
from setsuden.catalogue.uncertainty import TABLE
from setsuden.language import looked_up

_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


@pytest.mark.parametrize("name", sorted({TABLE.get(row).name for row in TABLE.ids()}))
def test_every_default_has_a_japanese_name(name: str) -> None:
    assert _JAPANESE.search(looked_up.name(name, "ja"))
    assert looked_up.name(name, "en") == name


def test_every_country_of_the_grid_has_a_name_by_code_and_by_english_name() -> None:
    for code, (kind, name) in LATEST.columns("kind", "name").items():
        if kind == "country":
            assert looked_up.place(code, "en") == name
            assert _JAPANESE.search(looked_up.place(code, "ja"))
            assert looked_up.place(name, "ja") == looked_up.place(code, "ja")


def test_a_place_without_words_stays_as_it_is() -> None:
    assert looked_up.place("aws:eu-north-1 (Stockholm)", "ja") == "aws:eu-north-1 (Stockholm)"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("grid carbon intensity, France", "電力の炭素強度、フランス"),
        ("network, 4G, intensity", "通信網、4G、データ量あたり"),
        ("design power, 4 editions of A100", "設計電力、A100 の 4 種類"),
        ("grid carbon intensity, Japan, 05 h, month 7", "電力の炭素強度、日本、05 時、7 月"),
        ("design power, NVIDIA IT 100", "設計電力、NVIDIA IT 100"),
    ],
)
def test_a_name_is_said_piece_by_piece(name: str, said: str) -> None:
    assert looked_up.name(name, "ja") == said


def test_our_own_phrases_among_the_sources_are_said_and_titles_are_not() -> None:
    title = "Ember and Energy Institute, processed by Our World in Data: Carbon intensity"
    assert looked_up.source(title, "ja") == title
    assert looked_up.source("2 cores of 8", "ja") == "8 コアのうち 2 コア"
    assert "setsuden の既定値" in looked_up.source("setsuden defaults for uncertainty, each with its basis: x", "ja")


def test_a_modelled_channel_says_so() -> None:
    assert looked_up.channel("CPU, modelled (AMD EPYC)", "ja") == "CPU、モデル計算（AMD EPYC）"
    assert looked_up.channel("CPU, modelled (AMD EPYC), corrected", "en") == "CPU, modelled (AMD EPYC), corrected"
    assert looked_up.channel("package-0", "ja") == "package-0"


def test_a_basis_is_said_and_the_id_of_a_row_is_not_shown() -> None:
    assert looked_up.basis("lifecycle_generation", "en") == "life cycle of generation"
    assert looked_up.basis("teads-tdp-ratio", "en") == ""
    assert looked_up.basis(None, "ja") == ""


def test_every_basis_of_the_grid_is_said() -> None:
    for found in set(LATEST.column("basis").values()):
        assert " " in looked_up.basis(found, "en") or found == "consumption"
        assert _JAPANESE.search(looked_up.basis(found, "ja"))
