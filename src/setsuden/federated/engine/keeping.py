"""What a checkpoint holds of a run, and how a later run takes it up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from setsuden.federated.engine import checkpoint as disk
from setsuden.federated.engine.federation import Federation
from setsuden.federated.engine.progress import Progress
from setsuden.federated.engine.record import Recorder
from setsuden.federated.engine.rounds import Rounds
from setsuden.federated.engine.shared import SharedArray
from setsuden.federated.engine.worker import Memory
from setsuden.federated.world import World

if TYPE_CHECKING:
    from setsuden.federated.task import FederatedTask


class Keeper:
    """One run's checkpoint at ``path``; None: nothing is kept.

    InputError for a file of another task, or a damaged one.
    """

    def __init__(self, path: Path | None, task: FederatedTask, world: World) -> None:
        self._path = path
        self._about: dict[str, Any] = {}
        self._arrays: dict[str, NDArray[Any]] = {}
        if path is not None:
            self._print = disk.fingerprint(task, world)
            self._about, self._arrays = disk.load(path, self._print) or ({}, {})

    def begun(self, clients: int) -> tuple[Progress, Recorder]:
        """Where an earlier run stopped, or the start."""
        recorder = Recorder()
        if not self._about:
            return Progress.start(clients), recorder
        recorder.restore(self._under("trace."))
        return Progress.restored(self._about["progress"], self._under("progress.")), recorder

    def restore(self, rounds: Rounds, memory: Memory) -> None:
        """Give back what server and clients had kept."""
        if not self._about:
            return
        rounds.restore(self._about["rounds"], self._under("rounds."))
        for name, shared in _kept(memory).items():
            shared.array[:, self._arrays[f"{name}.clients"]] = self._arrays[f"{name}.values"]
        self._about, self._arrays = {}, {}  # all has its place now, and it may be large

    def save(self, federation: Federation, rounds: Rounds) -> None:
        """Replace the file by the run as it is now."""
        if self._path is None:
            return
        about, arrays = federation.progress.plain()
        stored = {f"progress.{name}": array for name, array in arrays.items()}
        stored |= {f"trace.{name}": array for name, array in federation.recorder.arrays().items()}
        stored |= {f"rounds.{name}": array for name, array in rounds.arrays().items()}
        touched = np.flatnonzero(federation.progress.replied)
        for name, shared in _kept(federation.memory).items():
            stored |= {f"{name}.clients": touched, f"{name}.values": shared.array[:, touched]}
        disk.save(self._path, {"fingerprint": self._print, "progress": about, "rounds": rounds.plain()}, stored)

    def _under(self, prefix: str) -> dict[str, NDArray[Any]]:
        return {name.removeprefix(prefix): array for name, array in self._arrays.items() if name.startswith(prefix)}


def _kept(memory: Memory) -> dict[str, SharedArray[np.float32]]:
    kept = {"residuals": memory.residuals, "own_controls": memory.own_controls}
    return {name: shared for name, shared in kept.items() if shared is not None}
