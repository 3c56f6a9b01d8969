"""The page of a federation: one offline HTML file per language."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from setsuden.federated.study.run import Outcome
from setsuden.language import LANGUAGES, Language
from setsuden.report.federated.page import build, frame_words
from setsuden.report.sheet import rendered, write_pages


def write(outcome: Outcome, out_dir: str | Path, languages: Sequence[Language] = LANGUAGES) -> list[Path]:
    """``report.LANGUAGE.html`` in ``out_dir``; all pages are made before the first is written."""
    return write_pages(
        [(f"report.{language}.html", render(outcome, language)) for language in languages], Path(out_dir)
    )


def render(outcome: Outcome, language: Language) -> str:
    """The page as text."""
    return rendered(build(outcome, language), frame_words(language))


__all__ = ["render", "write"]
