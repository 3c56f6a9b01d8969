"""The server app of a federated task: the engine's own rounds, over Flower's grid."""

from __future__ import annotations

import os
import pickle
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flwr.app import ConfigRecord, Context, Message, RecordDict
from flwr.serverapp import Grid, ServerApp

from setsuden.errors import SetsudenError
from setsuden.federated.engine.result import FederatedResult, RoundDone
from setsuden.federated.flower import bundle
from setsuden.federated.flower.grid_pool import Call, GridPool
from setsuden.federated.flower.wire import TURN
from setsuden.federated.world import World

if TYPE_CHECKING:
    from setsuden.federated.task import FederatedTask

RESULT_FILE, ROUNDS_FILE = "result.pickle", "rounds.pickle"
START_S = 300.0  # until all nodes are there, and until the first replies: processes start, torch is imported
_POLL_S = 0.2

app = ServerApp()


@dataclass(frozen=True, slots=True)
class Job:
    """What the server and the clients find in the folder of the run."""

    task: FederatedTask
    world: World
    checkpoint: Path | None
    workers: int


@dataclass(frozen=True, slots=True)
class Ended:
    """What the server leaves there: the result and its calls, or why there is none."""

    result: FederatedResult | None
    calls: tuple[Call, ...]
    failure: SetsudenError | None


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Run the task of the folder and leave the result there; a failure is left there too, whole."""
    folder = Path(os.environ[bundle.TASK_FOLDER])
    try:
        ended = _run(grid, folder)
    except SetsudenError as error:
        ended = Ended(None, (), error)
    except Exception as error:
        ended = Ended(None, (), SetsudenError(f"the server failed: {type(error).__name__}: {error}", place="flower"))
    partial = folder / f"{RESULT_FILE}.part"
    partial.write_bytes(pickle.dumps(ended))
    partial.replace(folder / RESULT_FILE)


def _run(grid: Grid, folder: Path) -> Ended:
    import torch

    from setsuden.federated.engine.run import run_over
    from setsuden.federated.local import trainer_of

    torch.set_num_threads(1)
    job: Job = bundle.load(folder)
    nodes = roll(grid, job.task.clients)
    pool = GridPool(job.task, trainer_of(job.task), grid, nodes, START_S, job.task.failures.hang_s)
    with (folder / ROUNDS_FILE).open("ab") as rounds:

        def told(done: RoundDone) -> None:
            rounds.write(pickle.dumps(done))
            rounds.flush()

        result = run_over(pool.over, job.task, job.world, checkpoint=job.checkpoint, on_round=told)
    return Ended(result, tuple(pool.calls), None)


def roll(grid: Grid, clients: int) -> dict[int, int]:
    """Flower's node of each client; waits for all of them. SetsudenError where they do not come."""
    deadline = time.monotonic() + START_S
    while len(found := sorted(grid.get_node_ids())) < clients:
        if time.monotonic() > deadline:
            raise SetsudenError(
                f"{len(found)} of {clients} nodes came within {START_S:g} s",
                place="flower",
                remedy="Start one SuperNode for each client, each with its own partition-id.",
            )
        time.sleep(_POLL_S)
    questions = [Message(RecordDict({TURN: ConfigRecord({"who": 1})}), node, "query") for node in found]
    nodes: dict[int, int] = {}
    for reply in grid.send_and_receive(questions, timeout=START_S):
        if reply.has_content():
            nodes[int(reply.content.config_records[TURN]["client"])] = reply.metadata.src_node_id  # type: ignore[arg-type]
    missing = sorted(set(range(clients)) - set(nodes))
    if missing:
        raise SetsudenError(
            f"no node is client {missing[0]}",
            place="flower",
            value=sorted(nodes),
            remedy="Give every SuperNode its own partition-id, from 0 up.",
        )
    return nodes
