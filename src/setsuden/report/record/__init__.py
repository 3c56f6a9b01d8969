"""A pilot document, checked and typed: what the report reads, with the exact place of anything wrong.

Unknown fields are ignored, so that a newer minor addition does not make an old report fail; missing optional parts are
None or empty, and the page says so in words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, ValidationError

from setsuden.errors import InputError
from setsuden.report.record.concluded import (
    Analysis,
    BatchCurve,
    BatchPoint,
    BreakEven,
    Decision,
    FactorNote,
    Flip,
    Footprint,
    FootprintNote,
    Indicator,
    Indicators,
    MeasureNext,
    Option,
    Ratio,
    Ratios,
    Reproduce,
    Saving,
    Violation,
)
from setsuden.report.record.measured import (
    Configuration,
    Constraints,
    Cpu,
    Data,
    Flag,
    Forecast,
    Idle,
    Latency,
    Machine,
    Mark,
    ModelFacts,
    PilotCost,
    Quality,
    Repeat,
    Said,
    SensorNote,
    Settings,
    Study,
    Trace,
    Watched,
)
from setsuden.report.record.part import Part, Phase, Scalar

SCHEMA = "setsuden:pilot"
VERSION = 1
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


class Pilot(Part):
    """The whole document."""

    schema_: Literal["setsuden:pilot"] = Field(alias="schema")
    version: Literal[1]
    setsuden_version: str = ""
    study: Study
    data: Data
    machine: Machine
    idle: Idle = Idle()
    models: tuple[ModelFacts, ...] = ()
    configurations: tuple[Configuration, ...] = ()
    quality: tuple[Quality, ...] = ()
    forecasts: tuple[Watched, ...] = ()
    analysis: Analysis = Analysis()
    decision: Decision = Decision()
    footprint: Footprint | None = None
    trace: Trace | None = None
    pilot_cost: PilotCost | None = None
    factors: tuple[FactorNote, ...] = ()
    flags: tuple[Flag, ...] = ()
    limits: tuple[str, ...] = ()
    reproduce: Reproduce = Reproduce()

    def title_of(self, model: str) -> str:
        """The title a model is known by, its name where it has none."""
        return next((facts.title or facts.name for facts in self.models if facts.name == model), model)


def read(document: Mapping[str, object], place: str | None = None) -> Pilot:
    """The document as a record; raises InputError with the place of the first thing wrong.

    place   where the document came from (a file name), shown before the place inside it
    """
    if document.get("schema") != SCHEMA:
        raise InputError(
            "this is not a pilot document",
            place=place,
            value=document.get("schema"),
            remedy=f'A pilot document has "schema": "{SCHEMA}"; `setsuden pilot` writes one.',
        )
    if document.get("version") != VERSION:
        raise InputError(
            f"this report understands version {VERSION} of the pilot document",
            place=place,
            value=document.get("version"),
            remedy="Use the version of setsuden that wrote it, or run `setsuden pilot` again.",
        )
    try:
        return Pilot.model_validate(_printable(document))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = _path(first["loc"])
        raise InputError(
            first["msg"],
            place=f"{place}, {where}" if place else where,
            value=_brief(first["input"]),
            remedy="The published schema is `pilot`; `setsuden pilot` writes documents that follow it.",
        ) from None


def _printable(part: object) -> object:
    """The same without control characters: a name must not steer a terminal or break a picture."""
    if isinstance(part, str):
        return _CONTROL.sub("", part)
    if isinstance(part, Mapping):
        return {_printable(key): _printable(value) for key, value in part.items()}
    return [_printable(item) for item in part] if isinstance(part, list | tuple) else part


def _path(location: tuple[int | str, ...]) -> str:
    text = ""
    for piece in location:
        text += f"[{piece}]" if isinstance(piece, int) else f".{piece}" if text else piece
    return text


def _brief(value: object) -> object:
    text = repr(value)
    return value if len(text) <= 80 else text[:77] + "..."


__all__ = [
    "SCHEMA",
    "VERSION",
    "Analysis",
    "BatchCurve",
    "BatchPoint",
    "BreakEven",
    "Configuration",
    "Constraints",
    "Cpu",
    "Data",
    "Decision",
    "FactorNote",
    "Flag",
    "Flip",
    "Footprint",
    "FootprintNote",
    "Forecast",
    "Idle",
    "Indicator",
    "Indicators",
    "Latency",
    "Machine",
    "Mark",
    "MeasureNext",
    "ModelFacts",
    "Option",
    "Phase",
    "Pilot",
    "PilotCost",
    "Quality",
    "Ratio",
    "Ratios",
    "Repeat",
    "Reproduce",
    "Said",
    "Saving",
    "Scalar",
    "SensorNote",
    "Settings",
    "Study",
    "Trace",
    "Violation",
    "Watched",
    "read",
]
