"""View: a page with what a file cannot have, such as forms and a way to other pages; and how it is rendered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from setsuden.dashboard.request import Request
from setsuden.dashboard.words import DashboardWords
from setsuden.language import LANGUAGES
from setsuden.report.page.parts import Page

if TYPE_CHECKING:
    from jinja2 import Environment


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere; ``current`` marks the place where the reader is."""

    text: str
    address: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a field."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form: ``kind`` is ``select``, ``search`` or ``date``."""

    name: str
    label: str
    kind: str
    value: str = ""
    options: Sequence[Option] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """What a page is chosen by; it asks for the same page again."""

    label: str
    fields: Sequence[Field]
    button: str
    hidden: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class View:
    """Everything one page of the dashboard shows.

    template    beside the frame, see ``templates``
    links       what can be downloaded or looked at next
    live        the page looks for news while it is open
    rows        what the template shows beside the blocks
    """

    page: Page
    words: DashboardWords
    request: Request
    template: str = "dashboard.html.jinja"
    form: Form | None = None
    links: Sequence[Link] = ()
    live: bool = False
    rows: object = None

    @property
    def places(self) -> list[Link]:
        """The pages one can always go to."""
        here = self.request.path
        shown = (("place.home", "/"), ("place.runs", "/runs"))
        return [Link(self.words(key), self.request.link(path), here == path) for key, path in shown]

    @property
    def languages(self) -> list[tuple[str, Link]]:
        """The same page in each language."""
        return [
            (
                language,
                Link(
                    self.words(f"language.{language}"),
                    self.request.said_in(language),
                    language == self.request.language,
                ),
            )
            for language in LANGUAGES
        ]


def rendered(view: View) -> bytes:
    """The page as it is sent."""
    template = _environment().get_template(view.template)
    return template.render(page=view.page, t=view.words, view=view).encode()


@lru_cache(maxsize=1)
def style() -> bytes:
    """The reports' style and what pages of the dashboard have beside it."""
    report = files("setsuden.report") / "templates"
    sheets = (report / "style.css", report / "answer.css", files("setsuden.dashboard") / "templates" / "dashboard.css")
    return b"\n".join(sheet.read_bytes() for sheet in sheets)


@lru_cache(maxsize=1)
def script() -> bytes:
    """What a live page looks for news with."""
    return (files("setsuden.dashboard") / "templates" / "live.js").read_bytes()


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=ChoiceLoader([PackageLoader("setsuden.dashboard"), PackageLoader("setsuden.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
