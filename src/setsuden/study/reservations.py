"""What no interval holds: accuracies that are missing, no better than guessing, or of trainings cut short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from setsuden.decision import Confidence
from setsuden.quantity import Estimate
from setsuden.study.candidates import ACCURACY, Candidate, in_joules, weights

Code = Literal["accuracy-unknown", "no-better-than-guessing", "short-training"]
UNDECIDED: frozenset[Code] = frozenset({"accuracy-unknown", "no-better-than-guessing"})
"""Reservations under which no choice can be called even likely."""


def reservations(
    document: Mapping[str, Any], options: Sequence[Candidate], limited: Sequence[str], recommended: str | None
) -> list[dict[str, Any]]:
    """Why the accuracies cannot carry a choice, one item per reason; empty where accuracy was not asked for.

    options       what was chosen from
    limited       metrics that have a limit
    recommended   id of the option that is recommended; without one there is nothing to hold back

    A model counts only where it could change the choice: where the floor follows from the most accurate model, or
    where one of its options needs less than the recommended one. Where no accuracy is known, no floor follows, and the
    least energy alone says nothing about several models.
    """
    chosen = next((option for option in options if option.id == recommended), None)
    if chosen is None or chosen.train is None:
        return []
    study = document["study"]
    if ACCURACY not in limited:
        share = ((study.get("config") or {}).get("quality") or {}).get("time_share", 1.0)
        models = [option.model for option in options if option.quality is None] if share > 0 else []
        several = len(set(models)) > 1 and len(models) == len(options)
        return [_item("accuracy-unknown", models)] if several else []
    scenario = weights(document)
    matter = list(options)
    if (study.get("constraints") or {}).get("accuracy_floor_rule") == "given":
        dearest = _joules(chosen, scenario)
        cheaper = {option.model for option in options if _joules(option, scenario) <= dearest}
        matter = [option for option in options if option.model in cheaper]
    classes = (document.get("data") or {}).get("num_classes")
    found = [
        _item("accuracy-unknown", [option.model for option in matter if option.quality is None]),
        _item("no-better-than-guessing", _guessing(matter, 1 / classes) if classes else []),
    ]
    trained = max((quality.get("epochs_trained") or 0.0 for quality in document.get("quality", ())), default=0.0)
    asked = study.get("epochs_asked")
    if asked is not None and 0 < trained < asked:
        found.append({"code": "short-training", "models": [], "epochs_trained": trained, "epochs_asked": asked})
    return [item for item in found if item["models"] or item["code"] == "short-training"]


def held_back(confidence: Confidence, items: Sequence[Mapping[str, Any]]) -> Confidence:
    """The confidence that the reservations leave: none above ``likely`` after a shortened training."""
    codes = {item["code"] for item in items}
    if confidence in ("clear", "likely") and codes & UNDECIDED:
        return "too-close"
    return "likely" if confidence == "clear" and codes else confidence


def _guessing(options: Sequence[Candidate], chance: float) -> list[str]:
    """Models of which no training is above chance by its interval, all classes taken as equally frequent."""
    known = [option for option in options if option.accuracy is not None]
    learnt = {option.model for option in known if option.accuracy is not None and option.accuracy.low > chance}
    return [option.model for option in known if option.model not in learnt]


def _item(code: Code, models: Sequence[str]) -> dict[str, Any]:
    return {"code": code, "models": list(dict.fromkeys(models)), "epochs_trained": None, "epochs_asked": None}


def _joules(option: Candidate, scenario: Mapping[str, Estimate]) -> float:
    return in_joules(option.total_energy().at(scenario)).value
