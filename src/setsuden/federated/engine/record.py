"""Writing the trace down, row by row, while it happens."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from setsuden.federated.trace import Header, Kind, Outcome, Rounds, Sends, Trace, Turns, Work

_TYPES: dict[type[tuple[Any, ...]], tuple[type[np.generic], ...]] = {
    Turns: (
        np.int32, np.int32, np.uint8, np.uint8, np.int64, np.int64,
        np.float64, np.float64, np.float64, np.float64, np.float64, np.float64,
    ),
    Sends: (np.int32, np.int32, np.int32, np.uint8, np.int64, np.float64, np.float64),
    Rounds: (np.int32, np.float64, np.float64, np.int32, np.int32, np.float64, np.float64),
}  # fmt: skip
_NAN = float("nan")


class _Table:
    """Rows of one table: some as tuples that wait, the rest as columns."""

    def __init__(self, kind: type[tuple[Any, ...]]) -> None:
        self.types = _TYPES[kind]
        self.rows: list[tuple[Any, ...]] = []
        self.chunks: list[tuple[NDArray[Any], ...]] = []

    def settled(self) -> tuple[NDArray[Any], ...]:
        """All rows as columns."""
        if self.rows:
            columns = zip(*self.rows, strict=True)
            self.chunks.append(
                tuple(np.array(column, dtype=kind) for column, kind in zip(columns, self.types, strict=True))
            )
            self.rows = []
        if not self.chunks:
            return tuple(np.empty(0, dtype=kind) for kind in self.types)
        if len(self.chunks) > 1:
            self.chunks = [tuple(np.concatenate(parts) for parts in zip(*self.chunks, strict=True))]
        return self.chunks[0]


class Recorder:
    """The three tables of a trace as they grow."""

    def __init__(self) -> None:
        self._turns, self._sends, self._rounds = _Table(Turns), _Table(Sends), _Table(Rounds)

    def turn(
        self,
        round_: int,
        node: int,
        work: Work,
        outcome: Outcome,
        *,
        samples: int,
        steps: int,
        macs: float,
        start_s: float,
        end_s: float,
        waited_s: float = 0.0,
        cpu_s: float = _NAN,
    ) -> None:
        """One row of ``Turns``; joules are not measured per client here."""
        self._turns.rows.append(
            (round_, node, int(work), int(outcome), samples, steps, macs, start_s, end_s, waited_s, cpu_s, _NAN)
        )

    def send(
        self, round_: int, sender: int, receiver: int, kind: Kind, bytes_: int, start_s: float, end_s: float
    ) -> None:
        """One row of ``Sends``; nothing sent, no row."""
        if bytes_ > 0:
            self._sends.rows.append((round_, sender, receiver, int(kind), bytes_, start_s, end_s))

    def sends(self, columns: Sends) -> None:
        """Many rows of ``Sends`` at once."""
        self._sends.settled()
        self._sends.chunks.append(
            tuple(np.asarray(column, dtype=kind) for column, kind in zip(columns, self._sends.types, strict=True))
        )

    def round(
        self,
        round_: int,
        start_s: float,
        end_s: float,
        selected: int,
        completed: int,
        accuracy: float | None,
        loss: float | None,
    ) -> None:
        """One row of ``Rounds``."""
        shown = (_NAN if accuracy is None else accuracy, _NAN if loss is None else loss)
        self._rounds.rows.append((round_, start_s, end_s, selected, completed, *shown))

    def trace(self, header: Header) -> Trace:
        """What was recorded so far."""
        return Trace(
            header, Turns(*self._turns.settled()), Sends(*self._sends.settled()), Rounds(*self._rounds.settled())
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For a checkpoint."""
        tables = (("turns", self._turns), ("sends", self._sends), ("rounds", self._rounds))
        return {f"{name}.{index}": column for name, table in tables for index, column in enumerate(table.settled())}

    def restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        """The inverse of ``arrays``."""
        for name, table in (("turns", self._turns), ("sends", self._sends), ("rounds", self._rounds)):
            table.rows, table.chunks = [], [tuple(arrays[f"{name}.{i}"] for i in range(len(table.types)))]
