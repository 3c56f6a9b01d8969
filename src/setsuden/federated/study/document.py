"""What a study found as plain data, schema ``federate``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from setsuden.federated.repeats import rounds_to_target
from setsuden.federated.study.compare import Compared, Row
from setsuden.federated.study.run import Outcome, Trained
from setsuden.federated.study.verdict import decide
from setsuden.federated.task import FederatedTask
from setsuden.federated.topology import Peers
from setsuden.federated.trace import Kind, Trace, Work
from setsuden.federated.trace import Outcome as Ended
from setsuden.quantity import Estimate


def document(outcome: Outcome) -> dict[str, Any]:
    """Trainings, prices, the comparison and the recommendation; no figure of a single client is in it."""
    federation = outcome.federation
    task = federation.tasks[0]
    header = outcome.trained[0].result.trace.header
    decision = decide(outcome)
    return {
        "schema": "setsuden:federate",
        "name": federation.name,
        "run": outcome.run_id,
        "data": {
            "name": header.data,
            "source": header.data_source,
            "licence": header.data_licence,
            "stand_in": header.stand_in,
            "sample_bytes": header.sample_bytes,
        },
        "model": {
            "name": header.model,
            "parameters": header.parameters,
            "bytes": header.model_bytes,
            "forward_macs": header.forward_macs,
            "training_macs": header.training_macs,
        },
        "partition": {
            "name": header.partition,
            "clients": header.clients,
            "least": min(header.client_samples),
            "most": max(header.client_samples),
            "skew": task.partition.skew(federation.data.y_train, federation.data.num_classes),
        },
        "algorithm": header.algorithm,
        "selection": header.selection,
        "compression": header.compression,
        "privacy": header.privacy,
        "engine": federation.declaration.engine,
        "local": {"epochs": header.local_epochs, "batch_size": header.batch_size},
        "target": header.target,
        "trainings": [_training(outcome, index) for index in range(len(outcome.trained))],
        "rounds_to_target": targets(outcome),
        "centralised": _centralised(outcome),
        "fleet": None if outcome.fleet is None else {"name": outcome.fleet.name, "clients": outcome.fleet.clients},
        "comparison": [_row(row, seed) for one, seed in _with_seeds(outcome) for row in one.rows],
        "turns": [
            {"topology": one.topology, "seed": seed, "upload": upload, **turn.to_json()}
            for one, seed in _with_seeds(outcome)
            for upload, turns in ((False, one.turns), (True, one.turns_upload))
            for turn in turns
        ],
        "ratios": [_ratios(one, seed) for one, seed in _with_seeds(outcome) if one.ratios is not None],
        "decision": None if decision is None else decision.to_json(),
    }


def targets(outcome: Outcome) -> list[dict[str, Any]]:
    """Rounds to the target of each topology over its seeds: median and interval, runs that fell short counted.

    mean and most only where every seed reached it.
    """
    if outcome.federation.tasks[0].stop.target is None:
        return []
    found = []
    for name in dict.fromkeys(one.task.topology.name for one in outcome.trained):
        runs = [one.result for one in outcome.trained if one.task.topology.name == name]
        own = [run.reached_round for run in runs]
        over_seeds = rounds_to_target(own, [len(run.trace.rounds.round) for run in runs])
        reached = [number for number in own if number is not None]
        whole = len(reached) == len(own)
        found.append(
            {
                "topology": name,
                "seeds": over_seeds.seeds,
                "reached": len(reached),
                "mean": float(np.mean(reached)) if whole else None,
                "least": min(reached) if reached else None,
                "most": max(reached) if whole else None,
                "median": over_seeds.median,
                "low": over_seeds.low,
                "high": over_seeds.high,
                "coverage": over_seeds.coverage,
            }
        )
    return found


def traffic(trace: Trace) -> dict[str, int]:
    """Bytes by kind of message."""
    return {kind.name.lower(): int(trace.sends.bytes[trace.sends.kind == kind].sum()) for kind in Kind}


def endings(trace: Trace) -> dict[str, int]:
    """How often training turns of clients ended in each way."""
    trained = trace.turns.outcome[trace.turns.work == Work.TRAIN]
    return {ended.name.lower(): int((trained == ended).sum()) for ended in Ended}


def gap_of(task: FederatedTask) -> str | None:
    """Whose spectral gap it is: of one ``graph``, or ``expected`` over graphs drawn anew; None with a server."""
    if not isinstance(task.topology, Peers):
        return None
    return "expected" if task.topology.redrawn else "graph"


def epsilon_sampling(task: FederatedTask) -> str | None:
    """How clients were drawn beside the accountant's independent (Poisson) draws; None without privacy.

    ``independent``: as assumed; ``fixed``: a cohort of fixed size, close to that but not the same; ``certain``: no
    chance of being left out was counted on, which is the larger epsilon.
    """
    if task.privacy is None:
        return None
    return task.selection.accounting if task.selection.participation(task.clients) < 1.0 else "certain"


def _training(outcome: Outcome, index: int) -> dict[str, Any]:
    one = outcome.trained[index]
    result, header = one.result, one.result.trace.header
    turns = result.trace.turns
    return {
        "topology": one.task.topology.name,
        "seed": one.task.seed,
        "rounds": len(result.trace.rounds.round),
        "reached_round": result.reached_round,
        "stop_reason": header.stop_reason,
        "accuracy": result.accuracy,
        "loss": result.loss,
        "consensus": result.consensus,
        "spectral_gap": header.spectral_gap,
        "spectral_gap_of": gap_of(one.task),
        "epsilon": result.epsilon,
        "epsilon_sampling": epsilon_sampling(one.task),
        "samples": int(turns.samples[turns.work == Work.TRAIN].sum()),
        "macs": float(turns.macs.sum()),
        "bytes": traffic(result.trace),
        "bytes_over": "peer links" if one.task.topology.peer_to_peer else "links to the server",
        "carried_by_flower": one.carried_bytes,
        "turns": endings(result.trace),
        "faults": [str(fault) for fault in result.faults],
        "resumed_from": result.resumed_from,
        "trace": one.trace_file,
        "regions": [
            {"region": name, "accuracy": _number(accuracy), "asked": asked}
            for name, (accuracy, asked) in result.clients.by_region().items()
        ],
        "personal_accuracy": _personal(one),
        "rounds_curve": _curve(outcome, index),
        "here": None if one.measured is None else _here(one.measured),
        "bill": outcome.bills[index].to_json() if outcome.bills else None,
    }


def _curve(outcome: Outcome, index: int) -> list[dict[str, Any]]:
    """Round by round; joules and grams add up from the first."""
    rounds = outcome.trained[index].result.trace.rounds
    energy: dict[int, float] = {}
    carbon: dict[int, float] = {}
    if outcome.bills:
        numbers, joules, grams = outcome.bills[index].by_round()
        energy = dict(zip(numbers.tolist(), np.cumsum(joules).tolist(), strict=True))
        carbon = dict(zip(numbers.tolist(), np.cumsum(grams).tolist(), strict=True))
    return [
        {
            "round": number,
            "time_s": float(rounds.end_s[row]),
            "asked": int(rounds.selected[row]),
            "replied": int(rounds.completed[row]),
            "accuracy": _number(rounds.accuracy[row]),
            "loss": _number(rounds.loss[row]),
            "energy_j": energy.get(number),
            "carbon_g": carbon.get(number),
        }
        for row, number in enumerate(rounds.round.tolist())
    ]


def _personal(one: Trained) -> float | None:
    """Mean over the clients that have samples, each counting once."""
    personal = one.result.clients.personal
    return None if personal is None or not np.isfinite(personal).any() else float(np.nanmean(personal))


def _centralised(outcome: Outcome) -> dict[str, Any] | None:
    found = outcome.centralised
    if found is None:
        return None
    header = outcome.trained[0].result.trace.header
    return {
        "samples": found.samples,
        "epochs": found.epochs,
        "steps": found.steps,
        "macs": found.samples * header.training_macs,
        "accuracy": found.accuracy,
        "reached": found.reached,
        "looks": [{"samples": look.samples, "accuracy": look.accuracy} for look in found.looks],
        "upload_bytes": sum(header.client_samples) * header.sample_bytes,
        "here": None if outcome.central_measured is None else _here(outcome.central_measured),
        "bill": outcome.compared[0].declared.centralised.to_json() if outcome.compared else None,
        "bill_upload": outcome.compared[0].declared.upload.to_json() if outcome.compared else None,
    }


def _here(measured: Any) -> dict[str, Any]:
    """What this machine drew while it trained: not what the fleet would."""
    energy = measured.energy
    return {"energy": None if energy is None else energy.to_json(), "duration_s": measured.duration_s}


def _with_seeds(outcome: Outcome) -> list[tuple[Compared, int]]:
    return [(one, trained.task.seed) for one, trained in zip(outcome.compared, outcome.trained, strict=False)]


def _row(row: Row, seed: int) -> dict[str, Any]:
    return {
        "topology": row.topology,
        "seed": seed,
        "place": row.place,
        "device": row.device,
        "network": row.network,
        "federated": row.federated.total.to_json(),
        "centralised": row.centralised.total.to_json(),
        "centralised_upload": row.upload.total.to_json(),
        "ratio": _estimate(row.ratio),
        "ratio_upload": _estimate(row.ratio_upload),
    }


def _ratios(one: Compared, seed: int) -> dict[str, Any]:
    assert one.ratios is not None
    return {
        "topology": one.topology,
        "seed": seed,
        "places": list(one.ratios.places),
        "same_grid": one.ratios.same_grid.tolist(),
        "cross_grid": one.ratios.cross_grid.tolist(),
    }


def _estimate(figure: Estimate | None) -> dict[str, Any] | None:
    return None if figure is None else figure.to_json()


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
