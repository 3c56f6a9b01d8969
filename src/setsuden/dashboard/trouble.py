"""Pages that say what is wrong, or that there is nothing yet, and what to do."""

from __future__ import annotations

from setsuden.dashboard.request import Request
from setsuden.dashboard.settings import Settings
from setsuden.dashboard.view import View
from setsuden.dashboard.words import DashboardWords
from setsuden.errors import SetsudenError
from setsuden.language.refusal import refusal
from setsuden.report.formats.redaction import redaction_of
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


def refused(
    error: SetsudenError,
    heading: str,
    request: Request,
    settings: Settings,
    words: DashboardWords,
    *,
    live: bool = False,
) -> View:
    """What an error says, in the reader's language; for others without the folders that it names."""
    said = refusal(error, words.language)
    if settings.shared:
        said = redaction_of({}).clean(said.replace(str(settings.ledger), settings.ledger_shown))
    return trouble(heading, said, request, words, live=live)
