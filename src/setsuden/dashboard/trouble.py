"""Pages that say what is wrong, or that there is nothing yet, and what to do."""

from __future__ import annotations

from setsuden.dashboard.request import Request
from setsuden.dashboard.view import View
from setsuden.dashboard.words import DashboardWords
from setsuden.errors import SetsudenError
from setsuden.language.refusal import refusal
from setsuden.report.page.parts import Page


def trouble(heading: str, sentence: str, request: Request, words: DashboardWords, *, live: bool = False) -> View:
    """One heading, one sentence; ``live``: the page looks by itself whether that has changed."""
    page = Page(
        language=words.language,
        title=heading,
        study=request.path[:60],
        facts=(),
        headline=heading,
        because=sentence,
        sure="",
        confidence="",
        confidence_word="",
        sections=(),
    )
    return View(page, words, request, live=live)


def refused(error: SetsudenError, heading: str, request: Request, words: DashboardWords, *, live: bool = False) -> View:
    """What an error says, in the reader's language."""
    return trouble(heading, refusal(error, words.language), request, words, live=live)
