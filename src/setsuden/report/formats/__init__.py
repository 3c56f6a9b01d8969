"""Records in the formats that auditors, model cards and regulators ask for: one module per format.

Each module has ``render(subject) -> Rendered``. Everything is taken from the record, from a footprint that was asked
for, or from facts the user declared; what none of them knows is left out, or named in ``Rendered.notes`` where the
format demands a value.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from setsuden.errors import InputError

if TYPE_CHECKING:
    from setsuden.report.formats.facts import Facts
    from setsuden.report.formats.subject import Rendered, Subject

# name on the command line -> module
FORMATS = {
    "boamps": "boamps",
    "hf": "hugging_face",
    "sci": "sci_report",
    "if": "impact_framework",
    "eu-gpai": "eu_gpai",
    "spdx": "spdx",
    "cyclonedx": "cyclonedx",
    "codecarbon": "codecarbon",
    "latex": "latex",
    "markdown": "markdown",
}

__all__ = ["FORMATS", "render"]


def render(name: str, subject: Subject) -> Rendered:
    """The subject in the format ``name``; InputError for an unknown name and for what the format cannot do without."""
    if name not in FORMATS:
        raise InputError("unknown format", value=name, remedy=f"Use one of: {', '.join(FORMATS)}.")
    rendered: Rendered = import_module(f"setsuden.report.formats.{FORMATS[name]}").render(subject)
    return rendered


def facts_from(path: str) -> Facts:
    """Declared facts from a YAML file; see ``setsuden.report.formats.facts``."""
    from setsuden.report.formats.facts import read_facts

    return read_facts(path)
