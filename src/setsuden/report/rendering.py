"""Pages as files: self-contained HTML from the one template, written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from setsuden.language import Language
from setsuden.report.page.parts import Page
from setsuden.report.words import Words
from setsuden.study.output import write_files

if TYPE_CHECKING:
    from jinja2 import Environment


def rendered(page: Page, words: Words, *styles: str) -> str:
    """One page as text, with the style sheets ``styles`` of the templates' folder inside."""
    css = "".join(_style(name) for name in styles)
    return _environment().get_template("report.html.jinja").render(page=page, t=words, css=css)


def write_pages(
    name: str, render: Callable[[Language], str], out_dir: str | Path, languages: Sequence[Language]
) -> list[Path]:
    """``NAME.LANGUAGE.html`` in ``out_dir`` for each language.

    All pages are made before the first is written, and each replaces its predecessor in one step.
    Raises InputError for a folder that cannot be written.
    """
    pages = {f"{name}.{language}.html": render(language) for language in languages}
    return write_files(pages, Path(out_dir), "the report")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("setsuden.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache
def _style(name: str) -> str:
    return (files("setsuden.report") / "templates" / name).read_text(encoding="utf-8")
