"""Flags are told in the reader's language."""

from __future__ import annotations

from setsuden.cli.flag_text import told
from setsuden.ledger import Flag


def test_a_flag_keeps_its_figures_in_english_and_its_meaning_in_japanese() -> None:
    flag = Flag("SET-TOO-SHORT", "0.669 s is less than 10 refreshes of 0.1 s.")
    assert told(flag, "en") == flag.detail
    assert "測定区間が短く" in told(flag, "ja")


def test_a_flag_without_a_translation_keeps_its_detail() -> None:
    assert told(Flag("SET-FROM-ELSEWHERE", "As it came."), "ja") == "As it came."
