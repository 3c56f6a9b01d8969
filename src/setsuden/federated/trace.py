"""What happened in a federation: who computed what, who sent what to whom, round by round.

A trace holds work and bytes, no watts and no grams: those come when a fleet prices it.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import asdict, dataclass, fields
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError

FORMAT = 1
SERVER = -1


def aggregator(index: int) -> int:
    """The node number of edge aggregator ``index`` (0, 1, ...); clients are 0 and up, the server is -1."""
    return -2 - index


class Work(IntEnum):
    """What a turn was for."""

    TRAIN = 0
    EVALUATE = 1
    AGGREGATE = 2
    PERSONALISE = 3


class Outcome(IntEnum):
    """How a turn ended. Only DONE enters the model; every one costs what it spent."""

    DONE = 0
    DROPPED = 1
    TIMED_OUT = 2
    LATE = 3
    RAISED = 4
    HUNG = 5
    NOT_FINITE = 6


class Kind(IntEnum):
    """What was sent."""

    MODEL = 0
    UPDATE = 1
    PEER = 2
    DATA = 3


class Turns(NamedTuple):
    """One row for every stretch of work at a node; arrays of equal length.

    samples     processed, every epoch counted; macs: multiply-accumulates really done, backward included
    start_s, end_s   on the clock of the trace; waited_s: idle but awake before or after, within the round
    cpu_s, energy_j  of this stretch where it was measured on the machine that did it; NaN where it was not
    """

    round: NDArray[np.int32]
    node: NDArray[np.int32]
    work: NDArray[np.uint8]
    outcome: NDArray[np.uint8]
    samples: NDArray[np.int64]
    steps: NDArray[np.int64]
    macs: NDArray[np.float64]
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    waited_s: NDArray[np.float64]
    cpu_s: NDArray[np.float64]
    energy_j: NDArray[np.float64]


class Sends(NamedTuple):
    """One row for every message that carried a model, an update or data; bytes as encoded, really counted."""

    round: NDArray[np.int32]
    sender: NDArray[np.int32]
    receiver: NDArray[np.int32]
    kind: NDArray[np.uint8]
    bytes: NDArray[np.int64]
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]


class Rounds(NamedTuple):
    """One row a round. accuracy (share, held-out data) and loss are NaN where the round was not evaluated."""

    round: NDArray[np.int32]
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    selected: NDArray[np.int32]
    completed: NDArray[np.int32]
    accuracy: NDArray[np.float64]
    loss: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What was trained, on what, and how; enough to price the trace and to say what it is worth.

    parameters           of the full model; model_bytes: of one uncompressed copy on the wire
    forward_macs         multiply-accumulates of one sample forward; training_macs: forward and backward
    sample_bytes         of one raw sample as it would be uploaded to a data centre, label included
    client_samples       training samples held by each client
    stand_in             the data is generated or replaced: accuracy and round counts are no published task's
    clock                virtual: start and end come from a declared world; wall: from the machines that ran it
    target, reached_round, stop_reason   None where there was no target or it was not reached
    spectral_gap         of the mixing matrix (expected where drawn anew), peers only (0-1, larger mixes faster)
    regions              country or region of each client, None where nothing was declared
    """

    study: str
    model: str
    parameters: int
    model_bytes: int
    forward_macs: float
    training_macs: float
    data: str
    data_source: str
    data_licence: str
    stand_in: bool
    sample_bytes: int
    client_samples: tuple[int, ...]
    partition: str
    algorithm: str
    topology: str
    selection: str
    compression: str
    privacy: str | None
    batch_size: int
    local_epochs: int
    engine: str
    clock: str
    seed: int
    target: float | None = None
    reached_round: int | None = None
    stop_reason: str | None = None
    spectral_gap: float | None = None
    regions: tuple[str, ...] | None = None

    @property
    def clients(self) -> int:
        """How many clients hold data."""
        return len(self.client_samples)


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A whole federation as data. ``save`` and ``load`` keep it in one ``.npz`` file without pickles."""

    header: Header
    turns: Turns
    sends: Sends
    rounds: Rounds

    def save(self, path: Path) -> None:
        """Write to ``path``, whole or not at all."""
        columns = {
            f"{name}.{column}": array
            for name, table in (("turns", self.turns), ("sends", self.sends), ("rounds", self.rounds))
            for column, array in zip(table._fields, table, strict=True)
        }
        about = json.dumps({"format": FORMAT, **asdict(self.header)}, ensure_ascii=False, sort_keys=True)
        partial = path.with_name(path.name + ".part")
        with partial.open("wb") as file:
            np.savez_compressed(file, header=np.frombuffer(about.encode(), dtype=np.uint8), **columns)  # type: ignore[arg-type]
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what ``save`` wrote. InputError for a file that is missing, damaged, or of a newer format."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                about = json.loads(bytes(stored["header"]).decode())
                arrays = {name: stored[name] for name in stored.files if name != "header"}
        except FileNotFoundError:
            raise InputError("there is no such trace", place=str(path), remedy="Name a trace.npz file.") from None
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror or error}", place=str(path)) from error
        except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            # Not numpy's own words: they advise to unpickle whatever it is.
            raise InputError(
                "not a trace of a federation, or a damaged one",
                place=str(path),
                remedy="Name a file that `setsuden federate` wrote.",
            ) from error
        return cls(
            _header(about, path),
            Turns(**_columns(arrays, "turns", Turns, path)),
            Sends(**_columns(arrays, "sends", Sends, path)),
            Rounds(**_columns(arrays, "rounds", Rounds, path)),
        )


def _header(about: dict[str, Any], path: Path) -> Header:
    if about.pop("format", None) != FORMAT:
        raise InputError("a trace of another format", place=str(path), remedy="Read it with the version that wrote it.")
    known = {field.name for field in fields(Header)}
    missing = sorted(known - set(about))
    if missing or set(about) - known:
        raise InputError(
            f"the header of the trace lacks {missing or 'nothing'}, has unknown {sorted(set(about) - known)}",
            place=str(path),
            remedy="Name a file that `setsuden federate` wrote.",
        )
    about["client_samples"] = tuple(about["client_samples"])
    about["regions"] = None if about["regions"] is None else tuple(about["regions"])
    return Header(**about)


def _columns(arrays: dict[str, Any], name: str, table: type[Any], path: Path) -> dict[str, Any]:
    columns = {column: arrays.get(f"{name}.{column}") for column in table._fields}
    missing = [column for column, array in columns.items() if array is None]
    lengths = {len(array) for array in columns.values() if array is not None}
    if missing or len(lengths) > 1:
        raise InputError(
            f"the table {name} lacks the columns {missing}" if missing else f"the columns of {name} differ in length",
            place=str(path),
            remedy="Name a file that `setsuden federate` wrote.",
        )
    return columns
