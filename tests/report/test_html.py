"""The page: complete, safe, self-contained, accessible, the same figures in both languages, whatever is missing."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from setsuden.errors import InputError
from setsuden.language import LANGUAGES, Language
from setsuden.report import write
from setsuden.report.html import render
from setsuden.report.record import read
from tests.report.support import HOSTILE, VARIANTS, Document, Page, changed, numbers, sample, variant

SECTIONS = (
    "options", "batch", "ratio", "indicators", "forecasts", "trace", "configurations", "method", "boundary", "factors",
    "limits", "reproduce",
)  # fmt: skip
FORBIDDEN = re.compile(r"\b(nan|NaN|inf|None|undefined|null|True|False)\b")


@lru_cache(maxsize=64)
def page(name: str, language: Language = "en") -> tuple[str, Page]:
    html = render(read(variant(name)), language)
    return html, Page(html)


@pytest.fixture(scope="module", params=sorted(VARIANTS))
def pages(request: pytest.FixtureRequest) -> dict[str, tuple[str, Page]]:
    return {language: page(request.param, language) for language in LANGUAGES}


def test_every_variant_says_a_verdict_and_has_every_section(pages: dict[str, tuple[str, Page]]) -> None:
    for _, parsed in pages.values():
        assert len(parsed.said("verdict")) > 10
        for section in SECTIONS:
            heading, *rest = parsed.by_test[f"section-{section}"]
            assert "".join(rest).strip(), f"{section} is blank after {heading}"


def test_no_variant_shows_nan_none_or_a_raw_key(pages: dict[str, tuple[str, Page]]) -> None:
    for html, parsed in pages.values():
        assert [text for text in parsed.texts if FORBIDDEN.search(text)] == []
        assert not re.search(r'="(nan|inf|-inf|None)["\s]', html)


def test_tags_match_ids_are_unique_and_every_link_leads_to_a_place_on_the_page(
    pages: dict[str, tuple[str, Page]],
) -> None:
    for _, parsed in pages.values():
        assert parsed.faults == []


def test_nothing_is_fetched_and_nothing_runs(pages: dict[str, tuple[str, Page]]) -> None:
    for html, parsed in pages.values():
        tags = {tag for tag, _ in parsed.elements}
        assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "form", "base", "image", "use"})
        addresses = set(re.findall(r"https?://[^\s\"'<]+", html))
        assert addresses <= {"http://www.w3.org/2000/svg"}
        assert not [key for _, attributes in parsed.elements for key in attributes if key.startswith("on")]
        assert "url(" not in html
        assert "@import" not in html
        (policy,) = [m["content"] for m in parsed.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "script-src" not in policy


def test_headings_go_down_one_level_at_a_time(pages: dict[str, tuple[str, Page]]) -> None:
    for _, parsed in pages.values():
        levels = [int(tag[1]) for tag, _ in parsed.elements if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


def test_tables_have_captions_and_scoped_headings(pages: dict[str, tuple[str, Page]]) -> None:
    for _, parsed in pages.values():
        assert len(parsed.all("caption")) == len(parsed.all("table"))
        assert all(attributes.get("scope") in {"col", "row"} for attributes in parsed.all("th"))


def test_every_picture_is_well_formed_and_told_in_words(pages: dict[str, tuple[str, Page]]) -> None:
    for html, _ in pages.values():
        for source in re.findall(r"<svg.*?</svg>", html, re.DOTALL):
            svg = ElementTree.fromstring(source)
            if svg.get("aria-hidden") == "true":
                continue
            assert svg.get("role") == "img"
            space = "{http://www.w3.org/2000/svg}"
            title, description = svg.find(f"{space}title"), svg.find(f"{space}desc")
            assert title is not None
            assert description is not None
            assert title.text
            assert description.text
            for element in svg.iter():
                for value in element.attrib.values():
                    assert "nan" not in value.lower().split()


def test_no_claim_of_being_green(pages: dict[str, tuple[str, Page]]) -> None:
    for _, parsed in pages.values():
        assert not re.search(
            r"\bgreen\b|carbon.neutral|climate.neutral|エコ|カーボンニュートラル", parsed.text, re.IGNORECASE
        )


def test_the_language_is_declared(pages: dict[str, tuple[str, Page]]) -> None:
    for language, (_, parsed) in pages.items():
        assert parsed.all("html")[0]["lang"] == language


@pytest.mark.parametrize("name", [name for name in VARIANTS if name != "hostile"])
def test_both_languages_show_the_same_numbers(name: str) -> None:
    english, japanese = (numbers(page(name, language)[1].text) for language in LANGUAGES)
    assert Counter(english) - Counter(japanese) == Counter()
    assert Counter(japanese) - Counter(english) == Counter()


def test_hostile_names_stay_text() -> None:
    for language in LANGUAGES:
        html, parsed = page("hostile", language)
        assert "<script" not in html
        assert "49" not in parsed.said("verdict")
        assert "{{ 7*7 }}{0}" in parsed.text
        assert "\x1b" not in "".join(re.findall(r"<svg.*?</svg>", html, re.DOTALL))
        assert HOSTILE.split("\x1b")[0] in parsed.text


def test_figures_carry_interval_provenance_and_boundary() -> None:
    _, parsed = page("as-is")
    for card in ("total", "training", "serving", "saving"):
        said = parsed.said(f"card-{card}")
        assert re.search(r"\[[\d.,]+, [\d.,]+\]", said)
        assert "estimated" in said
        assert "machine" in said
    assert "measured" in parsed.said("card-accuracy")


def test_headline_figures_are_those_of_the_recommended_option() -> None:
    document = sample()
    option = next(o for o in document["decision"]["options"] if o["id"] == document["decision"]["recommended"])
    _, parsed = page("as-is")
    shown = float(re.findall(r"[\d.]+", parsed.said("card-total").split("why?")[1])[0])
    assert math.isclose(shown, option["total_energy"]["value"], rel_tol=0.05)
    thousand = float(re.findall(r"[\d.]+", parsed.said("card-serving").split("why?")[1])[0])
    assert math.isclose(thousand, option["serving_energy_per_request"]["value"] * 1000, rel_tol=0.05)


def test_an_all_modelled_pilot_says_so_before_any_figure() -> None:
    html, parsed = page("as-is")
    assert "modelled" in parsed.said("warning")
    assert html.index('data-test="warning"') < html.index('data-test="cards"')
    assert "83 %" in page("measured")[1].said("warning")


def test_without_a_site_the_page_says_why_there_is_no_carbon() -> None:
    assert "no place was given" in page("as-is")[1].said("missing")
    _, parsed = page("priced")
    assert "gCO2e" in parsed.said("card-carbon")
    assert "JPY" in parsed.said("card-cost")
    assert "円" in page("priced", "ja")[1].said("card-cost")
    assert "world average" in parsed.said("missing")


def test_a_too_close_pilot_names_both() -> None:
    said = page("too-close")[1].said("verdict")
    assert said.startswith("Too close to call")
    assert "VGG-11" in said
    assert "ResNet-20" in said


def test_nothing_feasible_names_the_limit_in_the_way_and_what_would_help() -> None:
    _, parsed = page("none-feasible")
    assert "No option meets" in parsed.said("verdict")
    assert "latency" in parsed.said("because")
    assert "4 ms" in parsed.said("flips")
    assert parsed.said("cards") == ""


def test_mixed_boundaries_raise_a_banner_beside_the_chart() -> None:
    assert "cannot be compared" in page("mixed-boundaries")[1].said("chart-pareto")
    assert "cannot be compared" not in page("as-is")[1].said("chart-pareto")


def test_unknown_codes_are_shown_with_their_detail() -> None:
    text = page("unknown-codes")[1].text
    assert "SET-FROM-THE-FUTURE" in text
    assert "Something new" in text
    assert "a-limit-of-tomorrow" in text


def test_every_option_and_configuration_is_in_a_table() -> None:
    document = sample()
    html, _ = page("as-is")
    rows = {name: html.split(f'<table id="{name}"')[1].split("</table>")[0].count("<tr") - 1 for name in (
        "options-table", "configurations-train", "configurations-infer")}  # fmt: skip
    assert rows["options-table"] == len(document["decision"]["options"])
    assert rows["configurations-train"] + rows["configurations-infer"] == len(document["configurations"])


def test_factors_show_source_year_and_licence() -> None:
    text = page("as-is")[1].said("factors-table")
    for factor in sample()["factors"]:
        assert factor["source"] in text
        assert str(factor["year"]) in text
        assert factor["licence"] in text


def test_the_page_is_small(pages: dict[str, tuple[str, Page]]) -> None:
    for html, _ in pages.values():
        assert len(html.encode()) < 400_000


def test_the_same_document_gives_the_same_bytes() -> None:
    assert render(read(sample()), "ja") == render(read(sample()), "ja")


def test_write_leaves_one_file_per_language_and_nothing_else(tmp_path: Path) -> None:
    paths = write(sample(), tmp_path / "new")
    assert [path.name for path in paths] == ["report.en.html", "report.ja.html"]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["report.en.html", "report.ja.html"]
    assert [path.name for path in write(sample(), tmp_path, ("ja",))] == ["report.ja.html"]


def test_a_bad_document_leaves_nothing_half_written(tmp_path: Path) -> None:
    document = sample()
    document["decision"]["options"][0]["total_energy"]["low"] = 1e9
    with pytest.raises(InputError, match=r"decision\.options\[0\]\.total_energy"):
        write(document, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_made_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="Choose another folder"):
        write(sample(), tmp_path / "file" / "below")


def _forecast(energy_j: float, came_j: float, *, complete: bool = True) -> Document:
    configuration = sample()["configurations"][0]

    def figure(value: float, unit: str) -> Document:
        boundary = configuration["energy_per_sample"]["boundary"] if unit == "J" else None
        return {
            "value": value, "low": 0.9 * value, "high": 1.1 * value, "unit": unit, "provenance": "estimated",
            "boundary": boundary,
        }  # fmt: skip

    error = energy_j / came_j - 1 if complete else None
    said = {"share": 0.02, "duration": figure(energy_j / 10, "s"), "energy": figure(energy_j, "J"),
            "duration_error": error, "energy_error": error}  # fmt: skip
    outcome = {"complete": complete, "duration_s": came_j / 10, "energy": figure(came_j, "J")}
    first = {"epochs": 20, "duration_error": 0.617, "energy_error": 0.618} if complete else None
    return {"name": configuration["id"], "said": [said], "first_epoch": first, "outcome": outcome}


def test_forecasts_of_trainings_stand_beside_what_came_out() -> None:
    document = changed(lambda d: d.update(forecasts=[_forecast(90.0, 100.0), _forecast(33.0, 30.0)]))
    for language, words in (("en", "off by 10 % in the median"), ("ja", "中央値 10 %")):
        page = render(read(document), language)  # type: ignore[arg-type]
        assert words in page
        for error in ("-10.0", "+10.0", "+61.7", "+61.8"):
            assert error in page


def test_a_training_that_was_cut_short_is_not_judged() -> None:
    document = changed(lambda d: d.update(forecasts=[_forecast(90.0, 10.0, complete=False)]))
    assert "No training was long enough" in render(read(document), "en")


def test_the_stages_of_a_pilot_are_named_in_the_language_of_the_page() -> None:
    document = sample()
    document["trace"]["marks"] = [{"t_s": document["trace"]["t_s"][0], "label": "measure"}]
    for language, said in (("en", "measuring"), ("ja", "測定中")):
        assert f">{said}</text>" in render(read(document), language)  # type: ignore[arg-type]


def test_the_first_page_says_what_to_do_everyday_terms_and_the_break_even_before_the_details() -> None:
    html, parsed = page("priced")
    marks = [
        html.index(f'data-test="{mark}"') for mark in ("verdict", "sure", "todo", "cards", "everyday", "break-even")
    ]
    assert marks == sorted(marks)
    assert marks[-1] < html.index('class="contents"')
    assert "LED lamp" in parsed.said("everyday") or "x " in parsed.said("everyday")
    assert "requests" in parsed.said("break-even")


def test_the_total_of_the_verdict_stands_letter_by_letter_in_the_table() -> None:
    _, parsed = page("as-is")
    shown = re.search(r"([\d.,]+)\s(\S+)", parsed.said("card-total").split("why?")[1])
    assert shown is not None
    table = parsed.said("options-table")
    assert shown[1] in table
    assert shown[2] in table
