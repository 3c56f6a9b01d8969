"""What is said between the engine and its workers: orders to train or to evaluate, and reports.

Turns and their reports are named tuples: a million of them are pickled, which dataclasses do ten times slower.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, Protocol

from setsuden.federated.trace import Outcome


class Turn(NamedTuple):
    """One client's turn.

    model      row of the shared models that it starts from
    out        row of the shared sums that its update, times ``weight``, is added to
    max_steps  of SGD; None trains to the end
    version    which of the client's two memories is the current one (0 or 1); the other is written
    epochs     None: as the task says
    """

    client: int
    round: int
    model: int
    out: int
    weight: float
    max_steps: int | None = None
    version: int = 0
    epochs: int | None = None


@dataclass(frozen=True, slots=True)
class TrainJob:
    """Turns that one worker does one after the other, or together where that is faster; no other job shares their rows.

    add   False: the first turn of a row starts it from zero; whole: the new model is written instead of the update
    """

    turns: tuple[Turn, ...]
    whole: bool = False
    work: float = 0.0


@dataclass(frozen=True, slots=True)
class EvaluateJob:
    """The model in a row on the held-out samples first .. last - 1."""

    model: int
    first: int
    last: int
    work: float = 0.0


@dataclass(frozen=True, slots=True)
class PersonaliseJob:
    """A client's turn for itself: train on from row ``turn.model``, then its own accuracy; nothing is sent."""

    turn: Turn
    work: float = 0.0


class TurnReport(NamedTuple):
    """What became of one turn. message: what it raised, one line; None where all went well."""

    client: int
    outcome: Outcome
    samples: int = 0
    steps: int = 0
    macs: float = 0.0
    loss: float = float("nan")
    cpu_s: float = 0.0
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """Held-out samples: right ones and how many, per class; sum of the losses; processor seconds."""

    right: tuple[int, ...]
    seen: tuple[int, ...]
    loss: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Personal:
    """A personalised client: its turn, and its model's score on all held-out samples (None: the turn failed)."""

    report: TurnReport
    score: Score | None


Job = TrainJob | EvaluateJob | PersonaliseJob
Answer = tuple[TurnReport, ...] | Score | Personal


def tell(connection: Connection, message: object) -> None:
    """Send; without multiprocessing's own pickler, which looks every object up in a table of Python."""
    connection.send_bytes(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))


def hear(connection: Connection) -> Any:
    """What ``tell`` sent."""
    return pickle.loads(connection.recv_bytes())


class Answering(Protocol):
    """Whoever does jobs: worker processes of this machine, or clients elsewhere."""

    def answers(self, jobs: Sequence[Job]) -> list[Answer]:
        """Answers in the order of the jobs."""
        ...
