"""Whatever code a pilot can raise, the report has words for it."""

from __future__ import annotations

import inspect
import re

import pytest

from setsuden.language import LANGUAGES, Language, Messages
from setsuden.language.codes import meaning
from setsuden.meter import codes as meter_codes
from setsuden.study import codes as study_codes
from setsuden.study import document as study_document

FLAGS = {
    value
    for room in (meter_codes, study_codes)
    for value in vars(room).values()
    if isinstance(value, str) and value.startswith("SET-")
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_flag_has_words(language: Language) -> None:
    assert len(FLAGS) > 10
    assert {code for code in FLAGS if meaning(code, language) is None} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_limit_has_a_heading_and_words(language: Language) -> None:
    messages = Messages("report", language)
    limits = set(re.findall(r'^ +"([a-z-]+)": ', inspect.getsource(study_document._limits), re.MULTILINE))
    assert len(limits) >= 8
    assert {code for code in limits if f"limit.{code}" not in messages or f"limit_term.{code}" not in messages} == set()
