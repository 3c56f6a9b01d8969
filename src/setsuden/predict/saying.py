"""Forecasts and budgets in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from setsuden.language import Messages
from setsuden.quantity import Estimate, Provenance, render

if TYPE_CHECKING:
    from setsuden.predict.foretold import Saying

DOCUMENT = "forecast"
"""Name of the document that is kept with a run; schema ``forecast``."""


def saying_line(saying: Saying, messages: Messages, said: Sequence[Saying] = ()) -> str:
    """A forecast made on the way.

    said   all so far, this one last: what would narrow it is not said twice in a row
    """
    parts = [render(saying.duration)]
    if saying.energy is not None:
        parts.append(render(saying.energy))
    if saying.carbon is not None:
        parts.append(render(saying.carbon))
    key = "said" if saying.stable else "said_early"
    line = messages.say(key, share=f"{saying.share:.0%}", figures=", ".join(parts))
    again = len(said) > 1 and said[-2].narrowed_by == saying.narrowed_by
    return line if again else _narrowed(line, saying.narrowed_by.to_json(), messages)


def warning_line(expected: Estimate | None, limit_j: float, messages: Messages, limit_g: float | None = None) -> str:
    """The budget will be passed, or has been."""
    limit = _limit(limit_j, limit_g, messages)
    if expected is None:
        return messages.say("passed", limit=limit)
    return messages.say("warned", limit=limit, energy=render(expected))


def stopping_line(spent_j: float, limit_j: float, messages: Messages, limit_g: float | None = None) -> str:
    """The run is stopped before it passes its budget, or as soon as it was seen to have passed it."""
    spent = render(Estimate.exact(spent_j, "J", Provenance.ESTIMATED))
    key = "stopped" if spent_j <= limit_j else "stopped_late"
    return messages.say(key, spent=spent, limit=_limit(limit_j, limit_g, messages))


def outcome_lines(document: Mapping[str, Any], messages: Messages) -> Iterator[str]:
    """Every forecast of a kept document beside what came out, and how the budget stood; schema ``forecast``."""
    for entry in document["runs"]:
        if entry["steps_total"] is None:
            yield from _kept_to(entry, messages)
            continue
        yield messages.say("heading", name=entry["name"], steps=entry["steps_total"])
        told = None
        for said in entry["said"]:
            yield "  " + _beside(said, messages, told)
            told = said.get("narrowed_by")
        if not entry["said"]:
            yield "  " + messages.say("none")
        first = entry.get("first_epoch")  # runs kept by older versions do not say
        if first is not None:
            line = messages.say("first_epoch", epochs=f"{first['epochs']:.4g}", figures=", ".join(_figures(first)))
            yield "  " + line + _off(first, messages)
        yield from ("  " + line for line in (*_came_out(entry, messages), *_kept_to(entry, messages)))


def _beside(said: Mapping[str, Any], messages: Messages, told: Mapping[str, Any] | None) -> str:
    line = messages.say(
        "said" if said["stable"] else "said_early",
        share=f"{said['share']:.0%}",
        figures=", ".join(_figures(said)),
    )
    narrowed_by = said.get("narrowed_by")  # runs kept by older versions do not say
    if narrowed_by is not None and narrowed_by != told:
        line = _narrowed(line, narrowed_by, messages)
    return line + _off(said, messages)


def _off(said: Mapping[str, Any], messages: Messages) -> str:
    errors = [f"{said[key]:+.1%}" for key in ("duration_error", "energy_error") if said[key] is not None]
    return messages.say("error", errors=", ".join(errors)) if errors else ""


def _narrowed(line: str, by: Mapping[str, Any], messages: Messages) -> str:
    told = {key: by[key] for key in ("step", "runs") if by[key] is not None}
    return messages.say(f"narrow_{by['by']}", line=line, **told)


def _came_out(entry: Mapping[str, Any], messages: Messages) -> Iterator[str]:
    outcome = entry["outcome"]
    if outcome is None:
        return
    figures = [render(Estimate.exact(outcome["duration_s"], "s", Provenance.MEASURED))]
    figures += [
        render(Estimate.from_json(outcome[key]), interval=False) for key in ("energy", "carbon") if outcome[key]
    ]
    told = {"figures": ", ".join(figures)}
    done = outcome.get("steps_done")  # runs kept by older versions do not say
    if outcome["complete"]:
        yield messages.say("came_out", **told)
    elif done is not None and done > entry["steps_total"]:
        yield messages.say("went_on", steps=done, **told)
    else:
        yield messages.say("ended_early", **told)


def _kept_to(entry: Mapping[str, Any], messages: Messages) -> Iterator[str]:
    """How the budget stood."""
    outcome, budget = entry["outcome"], entry["budget"]
    if budget is None:
        return
    key = f"budget_{budget['state']}"
    if outcome is not None and outcome["energy"] is None:
        key = "budget_unknown"
    elif entry["steps_total"] is None and budget["state"] != "within":
        key += "_command"  # which has no steps
    limit = _limit(budget["limit_j"], budget.get("limit_g"), messages)  # older versions kept joules only
    yield messages.say(key, limit=limit, step=budget["at_step"])


def _limit(limit_j: float, limit_g: float | None, messages: Messages) -> str:
    """A budget as it was given, in joules or in grams."""
    joules = render(Estimate.exact(limit_j, "J", Provenance.ASSUMED))
    if limit_g is None:
        return joules
    return messages.say(
        "limit_in_grams", grams=render(Estimate.exact(limit_g, "gCO2e", Provenance.ASSUMED)), joules=joules
    )


def _figures(said: Mapping[str, Any]) -> Iterator[str]:
    yield render(Estimate.from_json(said["duration"]))
    for key in ("energy", "carbon"):
        if said.get(key) is not None:
            yield render(Estimate.from_json(said[key]))
