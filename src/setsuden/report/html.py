"""The HTML report of a pilot: one self-contained file per language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from setsuden.language import LANGUAGES, Language
from setsuden.report.page import build
from setsuden.report.record import Pilot, read
from setsuden.report.rendering import rendered, write_pages
from setsuden.report.words import Words


def write(document: Mapping[str, object], out_dir: str | Path, languages: Sequence[Language] = LANGUAGES) -> list[Path]:
    """``report.LANGUAGE.html`` in ``out_dir`` for each language, from one pilot document.

    Raises InputError for a document that is not a pilot, or a folder that cannot be written.
    """
    pilot = read(document)
    return write_pages("report", lambda language: render(pilot, language), out_dir, languages)


def render(pilot: Pilot, language: Language) -> str:
    """The page as text."""
    return rendered(build(pilot, language), Words(language), "style.css")
