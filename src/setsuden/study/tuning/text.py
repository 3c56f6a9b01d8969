"""What a search found, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from setsuden.language import Language, Messages
from setsuden.quantity import Estimate, render


def tune_text(document: Mapping[str, Any], language: Language) -> str:
    """A few lines from the document."""
    say = Messages("tune", language).say
    names = [factor["name"] for factor in document["space"] if len(factor["values"]) > 1] or ["batch_size"]
    lines = [
        say(
            "title",
            name=document["name"],
            data=document["data"]["name"],
            floor=f"{document['accuracy_floor']:g}",
            trainings=document["trainings"],
        )
    ]
    for trial in document["trials"]:
        accuracy = "-" if trial["accuracy"] is None else f"{trial['accuracy']:.3f}"
        lines.append(
            "  "
            + say(
                "trial",
                settings=_told(trial["settings"], names),
                ended=say(f"ended_{trial['ended']}"),
                epochs=f"{trial['epochs']:.2f}",
                accuracy=accuracy,
                energy=render(Estimate.from_json(trial["training_energy"])),
            )
        )
    lines.append(say("stopped", reason=say(f"stop_{document['ended']}")))
    if document["ended"] == "not_worth":
        lines.append(
            say("next", saving=f"{document['next_saving_j']:.3g} J", price=f"{document['next_price_j']:.3g} J")
        )
    lines.append(say("charged", energy=render(Estimate.from_json(document["search_energy"])), paces=_timed(document)))
    best = document["recommendation"]
    if best is None:
        lines.append(say("nothing" if document["ended"] == "no_floor" else "nothing_yet"))
        return "\n".join(lines)
    energy = render(Estimate.from_json(best["energy"]))
    lines.append(say("best", settings=_told(best["settings"], names), energy=energy))
    if document["repaid_after_trainings"] is not None:
        start = render(Estimate.from_json(document["start"]["energy"]))
        lines.append(say("repaid", start=start, count=f"{document['repaid_after_trainings']:.1f}"))
    lines.append(say("run", run=document["run_id"]))
    return "\n".join(lines)


def _told(settings: Mapping[str, Any], names: list[str]) -> str:
    return ", ".join(f"{name} {settings[name]}" for name in names)


def _timed(document: Mapping[str, Any]) -> int:
    return len({tuple(sorted(map(str, pace["settings"].items()))) for pace in document["paces"]})
