"""A methods paragraph in LaTeX."""

from __future__ import annotations

from setsuden.report.formats.paragraph import sentences
from setsuden.report.formats.subject import Rendered, Subject, one

_LETTERS = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip


def render(subject: Subject) -> Rendered:
    """One paragraph, with every letter that means something to TeX written as text."""
    between = "" if subject.language == "ja" else "\n"
    return Rendered(escape(between.join(sentences(one(subject, "latex")))) + "\n")


def escape(text: str) -> str:
    """Text that prints as it is."""
    return "".join(_LETTERS.get(letter, letter) for letter in text)
