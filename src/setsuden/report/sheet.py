"""Pages of other records than a pilot: the same template and style, other words in the frame."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from setsuden.errors import InputError
from setsuden.language import Language, Messages
from setsuden.quantity import Factor, significant
from setsuden.report.html import _environment, _style
from setsuden.report.page.parts import Page
from setsuden.report.words import Words


class FrameWords(Words):
    """The report's words, some of them replaced: ``replaced`` maps keys such as ``page.kicker`` to a sentence."""

    def __init__(self, language: Language, replaced: Mapping[str, str]) -> None:
        super().__init__(language)
        self._replaced = dict(replaced)

    def __call__(self, key: str, **values: object) -> str:
        """The message of ``key`` with its placeholders filled."""
        found = self._replaced.get(key)
        return super().__call__(key, **values) if found is None else found.format(**values)


def frame_words(room: str, language: Language, also: Mapping[str, str] | None = None) -> FrameWords:
    """The report's words with those of ``room`` in the frame.

    also   further keys of the report -> keys of the room that replace them
    """
    say = Messages(room, language).say
    further = {key: say(own) for key, own in (also or {}).items()}
    return FrameWords(
        language,
        {
            "page.kicker": say("page.kicker"),
            "page.footer": say("page.footer", version="{version}"),
            "page.engineer": say("page.contents"),
            **further,
        },
    )


def factor_text(factor: Factor) -> str:
    """The value of a factor with its interval; tiny ones by their billionth."""
    tiny = 0 < abs(factor.value) < 1e-4
    scale = 1e9 if tiny else 1.0
    value, low, high = (significant(figure * scale) for figure in (factor.value, factor.low, factor.high))
    span = "" if factor.low == factor.high else f" [{low}, {high}]"
    unit = "" if factor.unit == "1" else f" {'n' if tiny else ''}{factor.unit}"
    return f"{value}{unit}{span}"


def rendered(page: Page, words: FrameWords) -> str:
    """One page as text."""
    return _environment().get_template("report.html.jinja").render(page=page, t=words, css=_style() + _more_style())


def write_pages(pages: Sequence[tuple[str, str]], out_dir: Path) -> list[Path]:
    """Write (file name, text), each in one step; InputError for a folder that cannot be written."""
    found = []
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        for name, page in pages:
            path = out_dir / name
            draft = path.with_name(f".{name}.{os.getpid()}")
            draft.write_text(page, encoding="utf-8")
            draft.replace(path)
            found.append(path)
    except OSError as error:
        raise InputError(
            f"cannot write the report: {error.strerror}", place=str(out_dir), remedy="Choose another folder with --out."
        ) from None
    return found


@lru_cache(maxsize=1)
def _more_style() -> str:
    return (files("setsuden.report") / "templates" / "answer.css").read_text(encoding="utf-8")
