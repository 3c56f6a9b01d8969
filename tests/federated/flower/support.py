"""A grid within this process: real messages, real client apps, no network and no other process."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

from flwr.app import Context, Error, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.proto.node_pb2 import NodeInfo
from flwr.serverapp import Grid
from flwr.supercore.run import Run
from flwr.supercore.task_identity import TaskIdentity

from setsuden.federated.engine.result import FederatedResult
from setsuden.federated.engine.run import run_over
from setsuden.federated.flower import bundle, client
from setsuden.federated.flower.grid_pool import Call, GridPool
from setsuden.federated.flower.server import Job, roll
from setsuden.federated.local import trainer_of
from setsuden.federated.task import FederatedTask
from setsuden.federated.world import EqualWorld, World


class LoopGrid(Grid):
    """Replies come in an order of their own.

    silent   clients that never answer a training message; broken: clients whose node answers with an error
    """

    def __init__(self, app: ClientApp, clients: int, silent: Iterable[int] = (), broken: Iterable[int] = ()) -> None:
        TaskIdentity.run_id, TaskIdentity.task_id, TaskIdentity.node_id = 1, 1, 1
        self._random = random.Random(0)
        self._app, self._silent, self._broken = app, set(silent), set(broken)
        numbers = self._random.sample(range(10**6, 10**9), clients)
        self.client_of = {node: number for number, node in enumerate(numbers)}
        self._contexts = {
            node: Context(1, node, {"partition-id": number, "num-partitions": clients}, RecordDict(), {})
            for node, number in self.client_of.items()
        }
        self._replies: dict[str, Message] = {}
        self._sent = 0

    def set_run(self, run: Run) -> None:
        """Not needed."""

    @property
    def run(self) -> Run:
        """Not needed."""
        raise NotImplementedError

    def create_message(
        self, content: RecordDict, message_type: str, dst_node_id: int, group_id: str, ttl: float | None = None
    ) -> Message:
        """The old way."""
        raise NotImplementedError

    def get_node_ids(self) -> Iterable[int]:
        """All."""
        return list(self.client_of)

    def get_nodes(self) -> Iterable[NodeInfo]:
        """Not needed."""
        raise NotImplementedError

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """Run the client app at once and keep its reply."""
        numbers = []
        for message in messages:
            self._sent += 1
            number = f"message-{self._sent}"
            message.metadata.__dict__["_message_id"] = number
            numbers.append(number)
            node = message.metadata.dst_node_id
            if self.client_of[node] in self._silent and message.metadata.message_type == "train":
                continue
            if self.client_of[node] in self._broken and message.metadata.message_type == "train":
                self._replies[number] = Message(Error(code=5, reason="the node is gone"), reply_to=message)
            else:
                self._replies[number] = self._app(message, self._contexts[node])
        return numbers

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """A few at a time, in any order."""
        there = [number for number in sorted(message_ids) if number in self._replies]
        chosen = self._random.sample(there, min(2, len(there)))
        return [self._replies.pop(number) for number in chosen]

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterable[Message]:
        """Both."""
        numbers = set(self.push_messages(messages))
        replies: list[Message] = []
        while new := list(self.pull_messages(numbers)):
            replies += new
        return replies


def looped(
    task: FederatedTask,
    folder: Path,
    world: World | None = None,
    *,
    silent: Iterable[int] = (),
    broken: Iterable[int] = (),
    checkpoint: Path | None = None,
) -> tuple[FederatedResult, list[Call]]:
    """Run a task over a ``LoopGrid``; the environment variable of the folder must already lead to ``folder``."""
    surroundings = EqualWorld(task.clients) if world is None else world
    bundle.save(folder, Job(task, surroundings, None, 1))
    grid = LoopGrid(client.app, task.clients, silent, broken)
    pool = GridPool(task, trainer_of(task), grid, roll(grid, task.clients), start_s=0.0, hang_s=0.2)
    result = run_over(pool.over, task, surroundings, checkpoint=checkpoint)
    return result, pool.calls
