"""The page of the indicators over a ledger: one offline HTML file per language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from setsuden.language import LANGUAGES, Language
from setsuden.report.across.page import build, frame_words
from setsuden.report.across.said import Said
from setsuden.report.rendering import write_pages
from setsuden.report.sheet import rendered


def write(document: Mapping[str, Any], out_dir: str | Path, languages: Sequence[Language] = LANGUAGES) -> list[Path]:
    """``indicators.LANGUAGE.html`` in ``out_dir`` for each language."""
    return write_pages("indicators", lambda language: render(document, language), out_dir, languages)


def render(document: Mapping[str, Any], language: Language) -> str:
    """The page as text."""
    return rendered(build(document, language), frame_words(language))


__all__ = ["Said", "render", "write"]
