"""A methods paragraph in Markdown."""

from __future__ import annotations

import re

from setsuden.report.formats.paragraph import sentences
from setsuden.report.formats.subject import Rendered, Subject, one

_SPECIAL = re.compile(r"([\\`*_<>|])")


def render(subject: Subject) -> Rendered:
    """One paragraph."""
    between = "" if subject.language == "ja" else " "
    text = between.join(sentences(one(subject, "markdown")))
    return Rendered(_SPECIAL.sub(r"\\\1", text) + "\n")
