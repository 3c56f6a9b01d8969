"""The page of a model's life: one offline HTML file per language."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from setsuden.language import LANGUAGES, Language
from setsuden.lifecycle import Answer
from setsuden.report.life.page import build, frame_words
from setsuden.report.rendering import write_pages
from setsuden.report.sheet import rendered


def write(answer: Answer, out_dir: str | Path, languages: Sequence[Language] = LANGUAGES) -> list[Path]:
    """``report.LANGUAGE.html`` in ``out_dir`` for each language."""
    return write_pages("report", lambda language: render(answer, language), out_dir, languages)


def render(answer: Answer, language: Language) -> str:
    """The page as text."""
    return rendered(build(answer, language), frame_words(language))


__all__ = ["render", "write"]
