"""Hugging Face model cards: ``co2_eq_emissions`` in the front matter, and a section on the environmental impact.

The hub reads the value with a pattern that stops at an exponent, so grams are written in plain decimals.
"""

from __future__ import annotations

import json

from setsuden.quantity import render as shown
from setsuden.report.formats.decimals import rounded
from setsuden.report.formats.front_matter import merge
from setsuden.report.formats.subject import TOOL, Rendered, Subject, needed, one

KEY = "co2_eq_emissions"
_TYPES = ("pre-training", "fine-tuning")


def render(subject: Subject) -> Rendered:
    """A front matter with a section, or the given model card with the one key merged into its front matter."""
    subject = one(subject, "hf")
    if subject.model_card is not None:
        return Rendered(merge(subject.model_card, KEY, fields(subject)))
    front = merge("", KEY, fields(subject))
    return Rendered(front + "\n" + _section(subject))


def fields(subject: Subject) -> dict[str, str]:
    """Sub-keys in order, each value as YAML text; grams of total carbon."""
    footprint = needed(subject.footprint, "hf")
    found = {
        "emissions": rounded(footprint.total_carbon.to("gCO2e").value),
        "source": _text(
            f"{TOOL}; {footprint.total_carbon.provenance.value}, boundary {footprint.total_carbon.boundary}"
        ),
    }
    if subject.stage in _TYPES:
        found["training_type"] = _text(str(subject.stage))
    if subject.location:
        found["geographical_location"] = _text(subject.location)
    if subject.hardware:
        found["hardware_used"] = _text(subject.hardware)
    return found


def _section(subject: Subject) -> str:
    footprint = needed(subject.footprint, "hf")
    infrastructure = subject.facts.infrastructure
    hours = None if subject.duration_s is None else f"{rounded(subject.duration_s / 3600.0)} h"
    lines = [
        ("Hardware type", subject.hardware),
        ("Hours used", hours),
        ("Cloud provider", infrastructure.provider or subject.place.provider),
        ("Compute region", subject.location),
        ("Energy", f"{shown(subject.energy)} ({subject.energy.provenance.value}, boundary {subject.energy.boundary})"),
        ("Carbon emitted", f"{shown(footprint.total_carbon)}, location-based"),
    ]
    body = [f"- **{name}:** {value}" for name, value in lines if value]
    note = f"Worked out with {TOOL}; intervals are 5-95 %."
    return "\n".join(["## Environmental Impact", "", *body, "", note, ""])


def _text(value: str) -> str:
    """A double-quoted YAML scalar: JSON's strings are YAML's."""
    return json.dumps(value, ensure_ascii=False)
