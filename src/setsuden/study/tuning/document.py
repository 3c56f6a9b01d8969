"""What a search found, as published under the schema ``tune``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, hypot, log
from typing import Any

from setsuden.predict.tuning import Configuration, Recommendation, recommend
from setsuden.quantity import NODE, Estimate, Provenance, total, weakest
from setsuden.study.tuning.choices import Choices
from setsuden.study.tuning.records import PaceRecord, Search
from setsuden.study.tuning.searcher import NOTHING


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished search and what surrounds it.

    ended          see ``Searcher.ended``
    saving_j, price_j   of the step that was no longer worth taking; 0 where it ended for another reason
    channels       what counted the joules: id -> provenance
    """

    choices: Choices
    search: Search
    ended: str
    saving_j: float
    price_j: float
    data_facts: Mapping[str, Any]
    channels: Mapping[str, str]
    run_id: str
    created_at: str
    command: str


def tune_document(outcome: Outcome) -> dict[str, Any]:
    """Plain data, no NaN, unknown is null."""
    choices, search, study = outcome.choices, outcome.search, outcome.choices.study
    space = choices.space
    observations = search.observations()
    best = recommend(observations, space, boundary=NODE)
    start = _at_start(outcome)
    spent = total(search.spent()) if search.spent() else NOTHING
    energy = _with_sensors(best, search) if best is not None else None
    saving_j = start[1].value - energy.value if start is not None and energy is not None else 0.0
    return {
        "schema": "setsuden:tune",
        "run_id": outcome.run_id,
        "created_at": outcome.created_at,
        "command": outcome.command,
        "name": study.name,
        "data": {name: outcome.data_facts[name] for name in ("name", "train_samples", "test_samples")},
        "accuracy_floor": study.constraints.accuracy_floor,
        "epochs_most": study.quality.epochs,
        "trainings": study.question.trainings,
        "space": [
            {"name": factor.name, "values": list(factor.values), "learning": factor.learning}
            for factor in space.factors
        ],
        "paces": [
            {
                "settings": dict(space.named(pace.configuration)),
                "energy_per_epoch": pace.epoch_energy.to_json(),
                "seconds_per_epoch": pace.epoch_s,
            }
            for pace in search.paces
        ],
        "trials": [
            {
                "settings": dict(space.named(trial.configuration)),
                "ended": trial.ended,
                "epochs": trial.epochs,
                "accuracy": trial.accuracy,
                "training_energy": trial.training.to_json(),
                "energy": trial.spent.to_json(),
                "duration_s": trial.duration_s,
                "expected_saving_j": trial.saving_j,
                "expected_price_j": trial.price_j,
            }
            for trial in search.trials
        ],
        "search_energy": spent.to_json(),
        "search_duration_s": search.spent_s,
        "ended": outcome.ended,
        "next_saving_j": outcome.saving_j,
        "next_price_j": outcome.price_j,
        "recommendation": None
        if best is None or energy is None
        else {"settings": dict(space.named(best.configuration)), "epochs": best.epochs, "energy": energy.to_json()},
        "start": None if start is None else {"settings": start[0], "energy": start[1].to_json()},
        "repaid_after_trainings": spent.value / saving_j if saving_j > 0 else None,
        "sensors": [{"channel": channel, "provenance": told} for channel, told in outcome.channels.items()],
    }


def _at_start(outcome: Outcome) -> tuple[dict[str, Any], Estimate] | None:
    """Settings the search began with and their training energy; None where that training did not meet the floor."""
    first = outcome.search.trials[0] if outcome.search.trials else None
    if first is None or first.ended != "reached":
        return None
    epochs_done = first.training.value / _pace(outcome.search, first.configuration).epoch_energy.value
    scale = first.epochs / epochs_done if epochs_done > 0 else 1.0
    return dict(outcome.choices.space.named(first.configuration)), first.training * scale


def _pace(search: Search, configuration: Configuration) -> PaceRecord:
    """The newest pace of a configuration."""
    return [pace for pace in search.paces if pace.configuration == configuration][-1]


def _with_sensors(best: Recommendation, search: Search) -> Estimate:
    """The energy of a further training, its interval widened by what the sensors may be off."""
    pace = _pace(search, best.configuration).epoch_energy
    energy = best.energy
    low = hypot(log(energy.value / energy.low), log(pace.value / pace.low) if pace.low > 0 else log(1000.0))
    high = hypot(log(energy.high / energy.value), log(pace.high / pace.value))
    provenance = weakest((Provenance.ESTIMATED, pace.provenance))
    return Estimate(
        energy.value, energy.value * exp(-low), energy.value * exp(high), "J", provenance, pace.boundary, pace.factors
    )
