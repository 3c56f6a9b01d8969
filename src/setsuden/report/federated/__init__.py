"""The page of a federation: one offline HTML file per language."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from setsuden.federated.study.run import Outcome
from setsuden.language import LANGUAGES, Language
from setsuden.report.federated.page import build, frame_words
from setsuden.report.rendering import write_pages
from setsuden.report.sheet import rendered


def write(outcome: Outcome, out_dir: str | Path, languages: Sequence[Language] = LANGUAGES) -> list[Path]:
    """``report.LANGUAGE.html`` in ``out_dir`` for each language."""
    return write_pages("report", lambda language: render(outcome, language), out_dir, languages)


def render(outcome: Outcome, language: Language) -> str:
    """The page as text."""
    return rendered(build(outcome, language), frame_words(language))


__all__ = ["render", "write"]
