"""Flags are told in the reader's language."""

from __future__ import annotations

import pytest

from setsuden.language.flag_text import told
from setsuden.language.sentences import PLACEHOLDER, Template, templates
from setsuden.ledger import Flag


def test_a_flag_keeps_its_figures_in_english_and_its_meaning_in_japanese() -> None:
    flag = Flag("SET-TOO-SHORT", "0.669 s is less than 10 refreshes of 0.1 s.")
    assert told(flag, "en") == flag.detail
    assert "測定区間が短く" in told(flag, "ja")


def test_a_flag_without_a_translation_keeps_its_detail() -> None:
    assert told(Flag("SET-FROM-ELSEWHERE", "As it came."), "ja") == "As it came."


def test_the_figures_of_a_flag_are_told_in_japanese_too() -> None:
    assert told(Flag("SET-INPUT-BOUND", "17% of the time went into waiting for data."), "ja") == (
        "時間の 17% をデータの待ちに使いました。"
    )


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("Its clock is +2.50 s off the run's (correlation 0.98).", "+2.50 秒ずれています（相関 0.98）"),
        ("plug: 12 s without samples were bridged and bounded.", "plug: サンプルのない 12 秒"),
        ("The file covers 9.0 s of the run's 10.0 s; the rest is not in its joules.", "10.0 秒のうち 9.0 秒"),
    ],
)
def test_the_flags_of_an_import_are_told_with_their_figures_in_japanese(detail: str, said: str) -> None:
    assert said in told(Flag("SET-IMPORT-GAP", detail), "ja")


@pytest.mark.parametrize("template", templates("flag_details", "ja"))
def test_every_sentence_of_a_flag_is_found_again_with_its_figures(template: Template) -> None:
    values = {name: f"x{name}" for name in PLACEHOLDER.findall(template.english)} | {"part": "GPU", "count": "3"}
    found = template.values(template.english.format(**values))
    assert found is not None
    assert all(values[name] == value for name, value in found.items())
