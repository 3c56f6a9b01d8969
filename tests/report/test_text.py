"""The text summary: verdict first, at most 25 lines, plain, aligned in both languages."""

from __future__ import annotations

import pytest

from setsuden.language import LANGUAGES, Language
from setsuden.language.columns import width
from setsuden.report import text_summary
from setsuden.report.text import MAX_LINES
from tests.report.support import VARIANTS, numbers, sample, variant


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_fits_a_terminal(name: str, language: Language) -> None:
    text = text_summary(variant(name), language)
    lines = text.splitlines()
    assert 3 <= len(lines) <= MAX_LINES
    assert all(line == line.rstrip() for line in lines)
    assert "\N{NO-BREAK SPACE}" not in text
    assert "nan" not in text.lower().split()
    assert "None" not in text
    if name != "hostile":
        assert "\x1b" not in text


def test_the_verdict_comes_first_and_the_next_command_last() -> None:
    lines = text_summary(sample(), "en").splitlines()
    assert lines[0].startswith("Choose VGG-11")
    assert lines[-1].startswith("Next: setsuden report")


def test_the_next_command_names_the_folder_where_it_is_not_the_usual_one() -> None:
    assert text_summary(sample(), "en", "out/my pilot").endswith("setsuden report 'out/my pilot' --open")
    assert text_summary(sample(), "ja", "mine").endswith("setsuden report mine --lang ja --open")


def test_hostile_names_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in text_summary(variant("hostile"), "en")


def test_the_table_has_one_line_per_option_and_says_what_is_left_out() -> None:
    document = sample()
    lines = text_summary(document, "en").splitlines()
    rows = [line for line in lines if line.endswith((" met", " missed"))]
    (more,) = [line for line in lines if "more, in the report" in line]
    assert len(rows) + int(more.split()[2]) == len(document["decision"]["options"])
    assert rows[0].startswith("* VGG-11")
    assert sum(line.startswith("* ") for line in rows) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_columns_line_up_in_terminal_cells(language: Language) -> None:
    lines = text_summary(sample(), language).splitlines()
    head = next(index for index, line in enumerate(lines) if line.startswith("  ") and " J" in line)
    table = lines[head : head + 4]
    assert len({width(line) for line in table}) == 1


def test_both_languages_show_the_same_numbers() -> None:
    english, japanese = (numbers(text_summary(sample(), language)) for language in LANGUAGES)
    assert english == japanese


def test_a_modelled_pilot_says_so() -> None:
    assert "not measured" in " ".join(text_summary(sample(), "en").split())
    assert "実測値ではありません" in text_summary(sample(), "ja").replace("\n  ", "")
