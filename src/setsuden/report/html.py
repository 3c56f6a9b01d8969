"""The HTML report: one self-contained file per language, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from setsuden.errors import InputError
from setsuden.language import LANGUAGES, Language
from setsuden.report.page import build
from setsuden.report.record import Pilot, read
from setsuden.report.words import Words

if TYPE_CHECKING:
    from jinja2 import Environment


def write(document: Mapping[str, object], out_dir: str | Path, languages: Sequence[Language] = LANGUAGES) -> list[Path]:
    """``report.LANGUAGE.html`` in ``out_dir`` for each language, from one pilot document.

    All pages are made before the first is written, and each replaces its predecessor in one step.
    Raises InputError for a document that is not a pilot, or a folder that cannot be written.
    """
    pilot = read(document)
    pages = [(Path(out_dir) / f"report.{language}.html", render(pilot, language)) for language in languages]
    try:
        Path(out_dir).mkdir(parents=True, exist_ok=True)
        for path, page in pages:
            draft = path.with_name(f".{path.name}.{os.getpid()}")
            draft.write_text(page, encoding="utf-8")
            draft.replace(path)
    except OSError as error:
        raise InputError(
            f"cannot write the report: {error.strerror}", place=str(out_dir), remedy="Choose another folder with --out."
        ) from None
    return [path for path, _ in pages]


def render(pilot: Pilot, language: Language) -> str:
    """The page as text."""
    page = build(pilot, language)
    return _environment().get_template("report.html.jinja").render(page=page, t=Words(language), css=_style())


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


@lru_cache(maxsize=1)
def _style() -> str:
    return (files("setsuden.report") / "templates" / "style.css").read_text(encoding="utf-8")
