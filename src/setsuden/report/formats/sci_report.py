"""The SCI report of the Green Software Foundation (ISO/IEC 21031), as Markdown: score, parts, coefficients, methods."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from setsuden.errors import InputError
from setsuden.footprint import sci
from setsuden.quantity import Estimate, Factor, Provenance
from setsuden.quantity import render as shown
from setsuden.report.formats.decimals import rounded
from setsuden.report.formats.subject import TOOL, Rendered, Subject, needed, one


def render(subject: Subject) -> Rendered:
    """The report; InputError without a place, the embodied carbon or the functional unit: a score needs all three."""
    subject = one(subject, "sci")
    footprint = needed(subject.footprint, "sci")
    units = subject.facts.functional_unit
    if units is None:
        raise InputError(
            "an SCI score is carbon per functional unit",
            place="--format sci",
            remedy="Give --per UNIT=COUNT, for example --per request=10000.",
        )
    score = sci(footprint, units.count, units.unit)
    made = footprint.embodied_carbon
    assert made is not None  # sci refuses to go without
    facts, publisher = subject.facts, subject.facts.publisher
    started = subject.started_at
    ended = started + timedelta(seconds=subject.duration_s or 0.0)
    operational = footprint.operational_carbon.to("gCO2e")
    way = "measured" if footprint.energy.provenance is Provenance.MEASURED else "modeled"
    rows = [
        ("SCI", shown(score, fit=False)),
        ("Application name", subject.model),
        ("Application version", facts.version),
        ("Application description", facts.description),
        ("Application URL", facts.url),
        ("Organization", publisher.name if publisher else None),
        ("Accountable organization", publisher.division if publisher else None),
        ("Measurement date", started.strftime("%Y-%m-%d")),
        ("Measurement timespan", f"{_time(started)} to {_time(ended)} ({rounded(subject.duration_s or 0.0)} s)"),
        ("Boundary", str(score.boundary)),
        ("Functional unit (R)", f"{rounded(units.count)} x {units.unit}"),
        ("Rationale", units.rationale),
    ]
    per = 1.0 / units.count
    breakdown = [
        ("Operational (O = E x I)", operational * per, way),
        ("Embodied (M)", made.to("gCO2e") * per, "sourced"),
    ]
    lines = [
        "# Software Carbon Intensity report",
        "",
        *_table(("field", "value"), _present(rows)),
        "",
        "## Breakdown",
        "",
    ]
    lines += _table(
        ("component", f"gCO2e per {units.unit}", "method"),
        [(name, _bare(figure), method) for name, figure, method in breakdown],
    )
    lines += ["", "## Methodologies", ""]
    lines += _table(
        ("quantity", "value", "method"),
        [
            ("C, carbon", shown(footprint.total_carbon), "C = O + M, ISO/IEC 21031"),
            ("O, operational", shown(operational), way),
            ("M, embodied", shown(made), "sourced"),
            ("E, energy", shown(footprint.energy), way),
            ("I, intensity", shown(footprint.intensity.estimate, fit=False), f"sourced, {footprint.basis}"),
            ("R, functional unit", f"{rounded(units.count)} {units.unit}", "sourced"),
        ],
    )
    lines += ["", "## Coefficients", ""]
    head = ("name", "value", "unit", "source")
    lines += _table(head, [_coefficient(factor) for factor in footprint.factors])
    lines += [
        "",
        f"Location-based; no offsets, certificates or contracts are counted. Intervals are 5-95 %. Written by {TOOL}.",
        "",
    ]
    return Rendered("\n".join(lines))


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _bare(figure: Estimate) -> str:
    return f"{rounded(figure.value, 4)} [{rounded(figure.low, 4)}, {rounded(figure.high, 4)}]"


def _present(rows: list[tuple[str, str | None]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in rows if value]


def _coefficient(factor: Factor) -> tuple[str, str, str, str]:
    about = ", ".join(str(part) for part in (factor.source, factor.year, factor.basis) if part)
    return factor.name, rounded(factor.value, 4), factor.unit, about


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return [line(head), "|" + " --- |" * len(head), *(line(row) for row in rows)]
