"""The sentences of a methods paragraph, in the words of one language; Markdown and LaTeX differ only in letters."""

from __future__ import annotations

from setsuden.language import Messages, looked_up
from setsuden.quantity import Estimate, render
from setsuden.report.formats.subject import TOOL, Subject


def sentences(subject: Subject) -> list[str]:
    """What was measured, where, with what, and what it means; nothing about what is not known."""
    say = Messages("formats", subject.language).say
    energy = subject.energy
    found = [
        say(
            "paragraph.energy",
            name=subject.model,
            energy=_shown(energy),
            provenance=say(f"provenance.{energy.provenance.value}"),
            boundary=energy.boundary,
            tool=TOOL,
        )
    ]
    if subject.duration_s is not None:
        seconds = Estimate.exact(subject.duration_s, "s", energy.provenance)
        duration = render(seconds)
        if subject.hardware:
            found.append(say("paragraph.hardware", duration=duration, hardware=subject.hardware))
        else:
            found.append(say("paragraph.duration", duration=duration))
    footprint = subject.footprint
    if footprint is not None:
        factor = next(iter(footprint.intensity.estimate.factors), None)
        about = (
            footprint.intensity.place,
            "" if factor is None or factor.year is None else str(factor.year),
            looked_up.basis(footprint.basis, subject.language),
            "" if factor is None else factor.source,
        )
        found.append(
            say(
                "paragraph.carbon",
                carbon=_shown(footprint.operational_carbon),
                intensity=render(footprint.intensity.estimate, fit=False, interval=False),
                about="; ".join(dict.fromkeys(part for part in about if part)),
            )
        )
        if footprint.embodied_carbon:
            found.append(say("paragraph.embodied", carbon=_shown(footprint.embodied_carbon)))
    found.append(say("paragraph.interval"))
    return found


def _shown(figure: Estimate) -> str:
    return render(figure)
