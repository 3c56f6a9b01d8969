"""Every code that the product can print is explained in both languages and stands in the documentation."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest

import setsuden
from setsuden.footprint.note import Note
from setsuden.language import LANGUAGES, Language, table

SOURCES = Path(setsuden.__file__).parent
DOCS = SOURCES.parents[1] / "docs"
CODE = re.compile(r"SET-[A-Z]+(-[A-Z]+)*")


@lru_cache(maxsize=1)
def printed() -> frozenset[str]:
    """Codes written out in the source, and those made of a remark's key or of the reason why a live service failed."""
    found = {Note(key.removeprefix("notes.")).code for key in table("footprint", "en") if key.startswith("notes.")}
    reasons = [key.removeprefix("fault.") for key in table("live", "en") if key.startswith("fault.")]
    found |= {f"SET-LIVE-{reason.upper().replace('_', '-')}" for reason in reasons}
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                found.add(node.value)
    return frozenset(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_printed_is_what_is_explained(language: Language) -> None:
    assert len(printed()) > 60
    assert set(table("codes", language)) == printed()


def test_every_code_stands_in_the_documentation() -> None:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in DOCS.glob("*.md"))
    written = {match.group() for match in CODE.finditer(pages)}
    assert printed() - written == set()


def test_the_documentation_names_no_code_that_is_never_printed() -> None:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in DOCS.glob("*.md"))
    assert {match.group() for match in CODE.finditer(pages)} - printed() == set()
