"""Energy for the EU's model documentation form (AI Act, Annex XI; general-purpose AI), as one page of Markdown.

The form asks training energy in MWh with at least two significant figures, and inference as floating-point operations.
It defines no boundary, so ours is printed. What is not known is ``N/A`` with the reason.
"""

from __future__ import annotations

from setsuden.quantity import significant
from setsuden.report.formats.facts import TRAINING_STAGES
from setsuden.report.formats.subject import TOOL, Rendered, Subject, one

_DAY_S = 86400.0


def render(subject: Subject) -> Rendered:
    """The page."""
    subject = one(subject, "eu-gpai")
    rows = [
        ("Model", subject.model),
        ("Amount of energy used for training", _training_energy(subject)),
        ("Measurement methodology", _methodology(subject)),
        ("Training computation", _compute(subject, training=True)),
        ("Training time", _time(subject)),
        ("Benchmarked amount of computation used for inference", _compute(subject, training=False)),
        ("Hardware", subject.hardware or "N/A (not recorded)"),
    ]
    lines = ["# Energy and computation: model documentation form", "", "| item | entry |", "| --- | --- |"]
    lines += [f"| {name} | {entry.replace('|', ' ')} |" for name, entry in rows]
    footer = f"Run {subject.record.id}, {subject.started_at:%Y-%m-%d}. Written by {TOOL}."
    return Rendered("\n".join([*lines, "", footer, ""]))


def _training_energy(subject: Subject) -> str:
    if subject.stage not in TRAINING_STAGES:
        return f"N/A ({_why(subject, 'training')})"
    energy = subject.energy.to("MWh")
    low, high = significant(energy.low, 3), significant(energy.high, 3)
    return f"{significant(energy.value, 3)} MWh (5-95 %: {low} to {high} MWh; {energy.provenance.value})"


def _why(subject: Subject, wanted: str) -> str:
    return f"this run is not declared to be {wanted}" if subject.stage is None else f"this run is {subject.stage}"


def _methodology(subject: Subject) -> str:
    ways = {channel.method for channel in subject.record.channels if channel.counted}
    texts = {
        "counter": "energy counters of the hardware were read",
        "power": "power readings were integrated over time",
        "model": "parts without a sensor were modelled from their use and data sheets",
    }
    how = "; ".join(text for way, text in texts.items() if way in ways) or "energy as recorded"
    parts = ", ".join(sorted({channel.component for channel in subject.record.channels if channel.counted})) or "node"
    return (
        f"{how[0].upper()}{how[1:]}. Components: {parts}. Boundary: {subject.energy.boundary}; the form defines none. "
        f"The run is counted as a whole, idle power included. Other runs of the development are not in this figure."
    )


def _compute(subject: Subject, *, training: bool) -> str:
    fits = subject.stage in TRAINING_STAGES if training else subject.stage == "inference"
    if not fits:
        return f"N/A ({_why(subject, 'training' if training else 'inference')})"
    if subject.facts.compute_flop is None:
        return "N/A (not declared; state compute_flop in the facts)"
    mantissa, exponent = f"{subject.facts.compute_flop:.2e}".split("e")
    text = f"{mantissa} x 10^{int(exponent)} FLOP"
    task = subject.facts.task or "task not declared"
    return text if training else f"{text} ({task}; hardware: {subject.hardware or 'not recorded'})"


def _time(subject: Subject) -> str:
    if subject.stage not in TRAINING_STAGES or subject.duration_s is None:
        return f"N/A ({_why(subject, 'training')})"
    days = subject.duration_s / _DAY_S
    devices = len(subject.accelerators) or 1
    kind = "accelerator-days" if subject.accelerators else "processor-days"
    return f"{significant(days, 3)} days on the clock, {significant(days * devices, 3)} {kind}"
