"""Forecasts and budgets in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from setsuden.language import Messages
from setsuden.quantity import Estimate, Provenance, render

if TYPE_CHECKING:
    from setsuden.predict.watcher import Saying

DOCUMENT = "forecast"
"""Name of the document that is kept with a run; schema ``forecast``."""


def saying_line(saying: Saying, messages: Messages) -> str:
    """A forecast made on the way."""
    parts = [render(saying.duration)]
    if saying.energy is not None:
        parts.append(render(saying.energy))
    if saying.carbon is not None:
        parts.append(render(saying.carbon))
    key = "said" if saying.stable else "said_early"
    line = messages.say(key, share=f"{saying.share:.0%}", figures=", ".join(parts))
    return _narrowed(line, saying.narrowed_by.to_json(), messages)


def warning_line(expected: Estimate | None, limit_j: float, messages: Messages) -> str:
    """The budget will be passed, or has been."""
    limit = render(Estimate.exact(limit_j, "J", Provenance.ASSUMED))
    if expected is None:
        return messages.say("passed", limit=limit)
    return messages.say("warned", limit=limit, energy=render(expected))


def stopping_line(spent_j: float, limit_j: float, messages: Messages) -> str:
    """The run is stopped before it passes its budget."""
    spent, limit = (render(Estimate.exact(joules, "J", Provenance.ESTIMATED)) for joules in (spent_j, limit_j))
    return messages.say("stopped", spent=spent, limit=limit)


def outcome_lines(document: Mapping[str, Any], messages: Messages) -> Iterator[str]:
    """Every forecast of a kept document beside what came out, and how the budget stood; schema ``forecast``."""
    for entry in document["runs"]:
        if entry["steps_total"] is None:
            yield from _outcome({**entry, "outcome": None}, messages)
            continue
        yield messages.say("heading", name=entry["name"], steps=entry["steps_total"])
        for said in entry["said"]:
            yield "  " + _beside(said, messages)
        if not entry["said"]:
            yield "  " + messages.say("none")
        yield from ("  " + line for line in _outcome(entry, messages))


def _beside(said: Mapping[str, Any], messages: Messages) -> str:
    line = messages.say(
        "said" if said["stable"] else "said_early",
        share=f"{said['share']:.0%}",
        figures=", ".join(_figures(said)),
    )
    narrowed_by = said.get("narrowed_by")  # runs kept by older versions do not say
    if narrowed_by is not None:
        line = _narrowed(line, narrowed_by, messages)
    errors = [f"{said[key]:+.1%}" for key in ("duration_error", "energy_error") if said[key] is not None]
    return line + (messages.say("error", errors=", ".join(errors)) if errors else "")


def _narrowed(line: str, by: Mapping[str, Any], messages: Messages) -> str:
    told = {key: by[key] for key in ("step", "runs") if by[key] is not None}
    return messages.say(f"narrow_{by['by']}", line=line, **told)


def _outcome(entry: Mapping[str, Any], messages: Messages) -> Iterator[str]:
    outcome, budget = entry["outcome"], entry["budget"]
    if outcome is not None:
        figures = [render(Estimate.exact(outcome["duration_s"], "s", Provenance.MEASURED))]
        figures += [
            render(Estimate.from_json(outcome[key]), interval=False) for key in ("energy", "carbon") if outcome[key]
        ]
        key = "came_out" if outcome["complete"] else "ended_early"
        yield messages.say(key, figures=", ".join(figures))
    if budget is not None:
        limit = render(Estimate.exact(budget["limit_j"], "J", Provenance.ASSUMED))
        yield messages.say(f"budget_{budget['state']}", limit=limit, step=budget["at_step"] or 0)


def _figures(said: Mapping[str, Any]) -> Iterator[str]:
    yield render(Estimate.from_json(said["duration"]))
    for key in ("energy", "carbon"):
        if said[key] is not None:
            yield render(Estimate.from_json(said[key]))
