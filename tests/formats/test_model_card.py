"""Hugging Face model cards: plain grams, and a merge that touches one key only."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.report.formats.decimals import plain
from setsuden.report.formats.facts import Facts
from setsuden.report.formats.front_matter import merge
from tests.formats.support import record, rendered, subject

CARD = """---
license: apache-2.0   # a comment
tags:
- vision
-   "odd  spacing"
model-index:
  - name: x
    results: [ {task: {type: image-classification}} ]

language: 'en'
---

# My model

co2_eq_emissions: not this line
"""
FIELDS = {"emissions": "12.5", "source": '"us"'}


def front(text: str) -> dict[str, object]:
    loaded = yaml.safe_load(text.split("---")[1])
    assert isinstance(loaded, dict)
    return loaded


def test_a_card_gets_the_key_and_keeps_every_other_line() -> None:
    merged = merge(CARD, "co2_eq_emissions", FIELDS)
    assert [line for line in merged.splitlines() if line in CARD.splitlines()] == CARD.splitlines()
    assert set(merged.splitlines()) - set(CARD.splitlines()) == {
        "co2_eq_emissions:",
        "  emissions: 12.5",
        '  source: "us"',
    }
    assert front(merged)["co2_eq_emissions"] == {"emissions": 12.5, "source": "us"}


def test_merging_twice_changes_nothing_more() -> None:
    once = merge(CARD, "co2_eq_emissions", FIELDS)
    assert merge(once, "co2_eq_emissions", FIELDS) == once


@pytest.mark.parametrize(
    "old",
    [
        "co2_eq_emissions: 7",
        "co2_eq_emissions: {emissions: 1, training_type: fine-tuning}",
        "co2_eq_emissions:\n    emissions: 1\n    training_type: fine-tuning",
        "co2_eq_emissions:\n  training_type: fine-tuning\n  emissions: 1\n",
    ],
)
def test_an_older_value_is_replaced_and_its_other_sub_keys_stay(old: str) -> None:
    card = f"---\nlicense: mit\n{old}\nlanguage: en\n---\nbody\n"
    merged = merge(card, "co2_eq_emissions", FIELDS)
    expected: dict[str, object] = {"emissions": 12.5, "source": "us"}
    if "training_type" in old:
        expected["training_type"] = "fine-tuning"
    assert front(merged) == {"license": "mit", "co2_eq_emissions": expected, "language": "en"}
    assert merged.endswith("language: en\n---\nbody\n")


def test_windows_line_ends_and_a_byte_order_mark_stay() -> None:
    card = "\ufeff---\r\nlicense: mit\r\n---\r\nbody\r\n"
    merged = merge(card, "co2_eq_emissions", FIELDS)
    assert merged.startswith("\ufeff---\r\nlicense: mit\r\nco2_eq_emissions:\r\n")
    assert "\n" not in merged.replace("\r\n", "")


def test_a_card_without_front_matter_gets_one() -> None:
    assert merge("# Title\n", "co2_eq_emissions", FIELDS).endswith("---\n\n# Title\n")


@pytest.mark.parametrize(
    ("card", "problem"),
    [
        ("---\nlicense: mit\n", "not closed"),
        ("---\n- a\n- b\n---\n", "not a mapping"),
        ("---\na: [\n---\n", "not YAML"),
        ("---\n{license: mit}\n---\n", "safely|not YAML"),
    ],
)
def test_a_front_matter_that_cannot_be_merged_is_refused(card: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        merge(card, "co2_eq_emissions", FIELDS)


keys = st.text("abcdefgh_-", min_size=1, max_size=8).filter(lambda key: key[0].isalpha())
leaves = st.one_of(st.integers(), st.booleans(), st.text(max_size=20), st.floats(allow_nan=False, allow_infinity=False))
values = st.recursive(
    leaves, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3))
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(front=st.dictionaries(keys, values, max_size=6), flow=st.booleans(), after=st.integers(0, 6))
def test_any_front_matter_survives_the_merge(front: dict[str, object], flow: bool, after: int) -> None:
    items = list(front.items())
    old = {**dict(items[:after]), "co2_eq_emissions": {"emissions": 1, "kept": "x"}, **dict(items[after:])}
    text = yaml.safe_dump(old, sort_keys=False, allow_unicode=True, default_flow_style=flow or None)
    if text.startswith("{"):  # one flow mapping for everything: refused, see above
        return
    card = f"---\n{text}---\nbody\n"
    merged = merge(card, "co2_eq_emissions", FIELDS)
    loaded = yaml.safe_load("\n".join(merged.split("\n---\n")[0].split("\n")[1:]))
    before = yaml.safe_load(text)  # PyYAML itself does not bring every string back
    assert loaded == {**before, "co2_eq_emissions": {"emissions": 12.5, "source": "us", "kept": "x"}}
    assert list(loaded) == list(old)


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_plain_decimals_read_back_as_the_same_number_and_have_no_exponent(value: float) -> None:
    assert float(plain(value)) == value
    assert re.fullmatch(r"\d+(\.\d+)?", plain(value))


def test_tiny_grams_are_not_mistaken_by_a_reader_that_stops_at_an_exponent() -> None:
    text = rendered("hf", record({"cpu": 1e-9}), intensity=12.0).text
    written = re.search(r"emissions: ([\d.]+)\s", text)
    assert written is not None
    assert float(written[1]) == pytest.approx(12e-9)


def test_the_value_is_grams_of_the_whole_footprint() -> None:
    # 4 kWh x 1.5 x 100 g/kWh + 2 kg = 2.6 kg
    text = rendered("hf", record(), Facts(stage="fine-tuning"), intensity=100.0, pue=1.5, embodied=2.0).text
    found = front(text)["co2_eq_emissions"]
    assert isinstance(found, dict)
    assert found["emissions"] == pytest.approx(2600.0)
    assert found["training_type"] == "fine-tuning"
    assert found["hardware_used"] == "NVIDIA A100"
    assert "6.000 kWh" in text or "6.00 kWh" in text


def test_training_is_not_called_pre_training() -> None:
    assert "training_type" not in rendered("hf", record(), Facts(stage="training"), site="JP").text


def test_a_card_without_a_place_is_refused() -> None:
    with pytest.raises(InputError, match="--site"):
        rendered("hf", record())


def test_a_given_card_is_merged_and_its_body_stays() -> None:
    from setsuden.report.formats import render

    found = render("hf", subject(record(), model_card=CARD, site="JP")).text
    assert found.endswith(CARD.split("---\n", 2)[2])
    assert front(found)["license"] == "apache-2.0"
