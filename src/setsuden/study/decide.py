"""The decision of a pilot: which model, trained and served how, at the least energy in total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from setsuden.decision import Assessment, Decision, Flip, Objective, break_even, recommend, saving
from setsuden.decision.choice import Table
from setsuden.decision.flips import constraint_flips, weight_flips
from setsuden.quantity import Estimate
from setsuden.study.candidates import TOTAL, TRAININGS, Candidate, candidates, in_joules
from setsuden.study.case import Case
from setsuden.study.reservations import held_back, reservations

OBJECTIVE = Objective(TOTAL, "min")


def decide(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """The ``decision`` part of a pilot document, schema ``decision``; None where no configuration was finished.

    document   the pilot document with ``study``, ``machine``, ``configurations`` and ``quality``

    An option is a training configuration, served at the batch size that costs least among those that keep the latency
    ceiling (if none does: at the least latency). Its total is ``trainings`` full trainings as forecast plus
    ``expected_requests`` requests of one sample. Accuracy is that of the model's quality training with the nearest
    settings. What flips the choice is sought over every way to serve, not only over the one picked.
    """
    everything = candidates(document)
    if not everything:
        return None
    case = Case.of(document, everything)
    decision = recommend(
        case.options.values(),
        OBJECTIVE,
        case.constraints,
        weights=case.weights,
        shared_relative_error=case.shared,
        seed=case.seed,
    )
    flips = _flips(case)
    held = reservations(
        document,
        list(case.chosen.values()),
        [constraint.metric for constraint in case.constraints],
        decision.recommended,
    )
    return {
        "objective": case.objective,
        "constraints": [
            {"name": c.called, "metric": c.metric, "kind": c.kind, "limit": c.limit} for c in case.constraints
        ],
        "shared_relative_error": case.shared[TOTAL],
        "options": [_option(case.chosen[item.option.id], item) for item in decision.assessments],
        "front": list(decision.front),
        "recommended": decision.recommended,
        "runner_up": decision.runner_up,
        "confidence": held_back(decision.confidence, held),
        "reservations": held,
        "agreement": dict(decision.agreement),
        "saving_against": _saving(case, decision),
        "break_even": _break_evens(case, decision, flips),
        "flips": flips,
        "measure_next": _measure_next(case, decision),
        "draws": decision.draws,
        "seed": decision.seed,
    }


def _option(candidate: Candidate, item: Assessment) -> dict[str, Any]:
    settings = candidate.settings
    total = item.figures[TOTAL]
    assert total is not None
    training, serving = candidate.training_energy, candidate.serving_energy
    regret = item.expected_regret
    return {
        "id": candidate.id,
        "model": candidate.model,
        "batch_size": settings["batch_size"],
        "optimizer": settings.get("optimizer"),
        "learning_rate": settings.get("learning_rate"),
        "precision": settings.get("precision"),
        "threads": settings.get("threads"),
        "loader_workers": settings.get("loader_workers"),
        "serving_batch_size": candidate.serving_batch_size,
        "accuracy": candidate.accuracy.to_json() if candidate.accuracy else None,
        "accuracy_of": candidate.accuracy_of,
        "latency_p90_ms": candidate.latency.to_json() if candidate.latency else None,
        "training_energy": in_joules(training).to_json() if training else None,
        "serving_energy_per_request": serving.to_json() if serving else None,
        "total_energy": total.to("J").to_json(),
        "feasible": item.feasible,
        "feasible_probability": item.feasible_probability,
        "violations": [{"constraint": v.constraint, "value": v.value, "limit": v.limit} for v in item.violations],
        "on_front": item.on_front,
        "front_probability": item.front_probability,
        "best_probability": item.best_probability,
        "expected_regret": regret.to("J").to_json() if regret else None,
    }


def _saving(case: Case, decision: Decision) -> dict[str, Any] | None:
    """Against the most accurate option (of several the cheapest), or the dearest feasible one if that is the choice."""
    if decision.recommended is None:
        return None
    totals = {item.option.id: _value(item.figures[TOTAL]) for item in decision.assessments}
    rated = [(-c.accuracy.value, totals[name], name) for name, c in case.chosen.items() if c.accuracy is not None]
    reference, label = (min(rated)[2], "most accurate option") if rated else (decision.recommended, "")
    if reference == decision.recommended:
        feasible = [item.option.id for item in decision.assessments if item.feasible]
        reference, label = (
            max(feasible, key=lambda name: (totals[name], name)),
            "dearest option that meets the constraints",
        )
    if reference == decision.recommended:
        return None
    saved = saving(
        list(case.options.values()),
        decision.recommended,
        reference,
        TOTAL,
        weights=case.weights,
        shared_relative_error=case.shared,
        seed=case.seed,
    ).to("J")
    share = saved.value / totals[reference] if totals[reference] else 0.0
    return {"id": reference, "label": label, "saving": saved.to_json(), "saving_share": share}


def _break_evens(case: Case, decision: Decision, flips: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The recommended option over the number of requests, against those of the feasible options that are worth it.

    These are the runner-up, what takes over when an assumption changes, and the front.
    """
    if decision.recommended is None:
        return []
    feasible = {item.option.id for item in decision.assessments if item.feasible} - {decision.recommended}
    ours = case.affine(decision.recommended)
    rows = []
    for name in dict.fromkeys([decision.runner_up, *(flip["becomes"] for flip in flips), *decision.front]):
        theirs = case.affine(name) if name in feasible else None
        if name is None or ours is None or theirs is None:
            continue
        point = break_even(ours, theirs, shared_relative_error=case.shared[TOTAL])
        requests = point.estimate("request")
        rows.append(
            {
                "a": decision.recommended,
                "b": name,
                "verdict": point.verdict,
                "cheaper": {"a": decision.recommended, "b": name}.get(point.cheaper or ""),
                "requests": requests.to_json() if requests else None,
                "requests_value": point.n,
                "requests_low": point.low,
                "requests_high": point.high,
            }
        )
    return rows


def _flips(case: Case) -> list[dict[str, Any]]:
    """Turning points over every way to serve, told in terms of the options."""
    by_key = {f"{c.id} served at {c.serving_batch_size} by {(c.serve or {}).get('id')}": c for c in case.candidates}
    options = tuple(by_key[key].option(key) for key in sorted(by_key))
    metrics = [TOTAL, *dict.fromkeys(c.metric for c in case.constraints if c.metric != TOTAL)]
    table = Table(options, metrics, case.weights)
    found = constraint_flips(table, OBJECTIVE, case.constraints)
    found += tuple(flip for flip in weight_flips(table, OBJECTIVE, case.constraints) if not _impossible(flip))
    return [_flip_json(flip, by_key) for flip in found]


def _impossible(flip: Flip) -> bool:
    """A part of a training: what is trained at all is trained once."""
    return flip.factor == TRAININGS and flip.turns_at < 1


def _flip_json(flip: Flip, by_key: Mapping[str, Candidate]) -> dict[str, Any]:
    target = None if flip.becomes is None else by_key[flip.becomes]
    return {
        **flip.to_json(),
        "becomes": target.id if target else None,
        "serving_batch_size": target.serving_batch_size if target else None,
    }


def _measure_next(case: Case, decision: Decision) -> dict[str, Any] | None:
    """The configuration whose joules are most worth knowing, else the limited figure that leaves the choice in doubt.

    The latter has no gain in joules: there is no price on missing a floor.
    """
    best = decision.information.best if decision.information else None
    if best is not None:
        like = next(iter(case.chosen.values())).total_energy().at(case.weights)
        return {"factor": best[0], "of": None, "gain": _like(like, best[1]).to_json()}
    if decision.doubt is None:
        return None
    return {"factor": decision.doubt.metric, "of": decision.doubt.option, "gain": None}


def _like(figure: Estimate, value: float) -> Estimate:
    return Estimate.exact(value, figure.unit, figure.provenance, figure.boundary).to("J")


def _value(figure: Estimate | None) -> float:
    return 0.0 if figure is None else figure.to("J").value
