"""Our messages as Flower's records: encoded bytes as they are, and the few numbers that belong to a turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, MetricRecord, RecordDict
from numpy.typing import NDArray

from setsuden.federated.compression import Encoded, Plain
from setsuden.federated.engine.orders import Score, TurnReport
from setsuden.federated.trace import Outcome

MODEL, UPDATE, CONTROL = "model", "update", "control"
TURN, RESULT, SCORE = "turn", "result", "score"
_STYPE = "setsuden.encoded"


def packed(parts: Mapping[str, Encoded]) -> ArrayRecord:
    """Encoded vectors under their names."""
    return ArrayRecord(
        {name: Array(dtype="uint8", shape=(part.nbytes,), stype=_STYPE, data=part.data) for name, part in parts.items()}
    )


def unpacked(record: ArrayRecord) -> dict[str, Encoded]:
    """The inverse of ``packed``."""
    return {name: Encoded(array.data) for name, array in record.items()}


def plain(vector: NDArray[np.float32]) -> Encoded:
    """float32 as it is."""
    return Plain().encode(vector, np.random.default_rng(0))


def vector(message: Encoded) -> NDArray[np.float32]:
    """The inverse of ``plain``."""
    return Plain().decode(message)


def spread(values: NDArray[np.float32], places: NDArray[np.int64] | None, size: int) -> NDArray[np.float32]:
    """(size,): the numbers of a sub-model at their places in the whole one, zeros elsewhere."""
    if places is None:
        return values
    whole = np.zeros(size, dtype=np.float32)
    whole[places] = values
    return whole


def reported(report: TurnReport) -> RecordDict:
    """What became of a turn, for the reply."""
    told = {**report._asdict(), "outcome": int(report.outcome), "message": report.message or ""}
    return RecordDict({RESULT: ConfigRecord(told)})


def report_in(content: RecordDict) -> TurnReport:
    """The inverse of ``reported``."""
    told: dict[str, Any] = {name: content.config_records[RESULT][name] for name in TurnReport._fields}
    return TurnReport(**{**told, "outcome": Outcome(told["outcome"]), "message": told["message"] or None})


def scored(score: Score) -> MetricRecord:
    """A score, for the reply."""
    return MetricRecord(
        {"right": list(score.right), "seen": list(score.seen), "loss": score.loss, "cpu_s": score.cpu_s}
    )


def score_in(content: RecordDict) -> Score | None:
    """The inverse of ``scored``; None where there is none."""
    if SCORE not in content:
        return None
    told: dict[str, Any] = dict(content.metric_records[SCORE])
    return Score(tuple(told["right"]), tuple(told["seen"]), told["loss"], told["cpu_s"])
