"""The client app of a federated task: one turn of one client, by the same code as in the embedded engine."""

from __future__ import annotations

import os
import time
import traceback
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from flwr.app import ArrayRecord, ConfigRecord, Context, Message, RecordDict
from flwr.clientapp import ClientApp

from setsuden.federated.algorithms.base import Vector
from setsuden.federated.compression import Encoded
from setsuden.federated.engine.orders import Score, TurnReport
from setsuden.federated.flower import bundle
from setsuden.federated.flower.mod import energy_mod
from setsuden.federated.flower.wire import (
    CONTROL,
    MODEL,
    SCORE,
    TURN,
    UPDATE,
    packed,
    plain,
    reported,
    scored,
    spread,
    unpacked,
    vector,
)
from setsuden.federated.local import ClientResult, outgoing, train_client, trainer_of
from setsuden.federated.trace import Outcome

if TYPE_CHECKING:
    from setsuden.federated.task import FederatedTask
    from setsuden.federated.trainer import Trained

_MEMORY = "setsuden.memory"

app = ClientApp(mods=[energy_mod])


@app.query()
def who(message: Message, context: Context) -> Message:
    """Which client this node is."""
    client = int(context.node_config["partition-id"])
    return Message(RecordDict({TURN: ConfigRecord({"client": client})}), reply_to=message)


@app.train()
def train(message: Message, context: Context) -> Message:
    """Train from the model in the message; what the model raises becomes an outcome, not a crash."""
    told = {name: int(value) for name, value in message.content.config_records[TURN].items()}  # type: ignore[arg-type]
    began = time.process_time()
    try:
        turn = _Turn(_task(os.environ[bundle.TASK_FOLDER]), told, message.content.array_records[MODEL], context)
        content = turn.personalised(began) if "personal" in told else turn.trained(began)
    except Exception as error:  # a user's model may raise anything; it costs this client's turn, not the run
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__}: {error} ({os.path.basename(place.filename)}:{place.lineno})"[:500]
        content = reported(TurnReport(told["client"], Outcome.RAISED, cpu_s=time.process_time() - began, message=text))
    return Message(content, reply_to=message)


class _Turn:
    """One turn: what the server told, the model it starts from, and what this node keeps."""

    def __init__(self, task: FederatedTask, told: dict[str, int], received: ArrayRecord, context: Context) -> None:
        self._task, self._told, self._context = task, told, context
        self._client, self._round, self._version = told["client"], told["round"], told["version"]
        self._trainer = trainer_of(task)
        parts = {name: vector(part) for name, part in unpacked(received).items()}
        self._model = spread(parts[MODEL], self._trainer.sub(self._client).places, self._trainer.size)
        self._control = parts.get(CONTROL)

    def trained(self, began: float) -> RecordDict:
        """Train for the federation and send what came of it; processor seconds count from ``began``."""
        result = train_client(
            self._task,
            self._client,
            self._model,
            self._round,
            control=self._control,
            own_control=_kept(self._context, CONTROL, self._version),
            max_steps=self._told.get("max_steps"),
        )
        if not result.finite:
            return self._not_finite(result, began)
        messages = self._messages(result)
        content = self._reported(result, Outcome.DONE, began)
        content[UPDATE] = packed(messages)
        return content

    def personalised(self, began: float) -> RecordDict:
        """Train on for oneself and look how good that is; nothing of the model is sent."""
        told = self._told
        done = self._trainer.train(
            self._client, self._model, self._round, None, None, told.get("max_steps"), told.get("epochs")
        )
        if not done.finite:
            return self._not_finite(done, began)
        content = self._reported(done, Outcome.DONE, began)
        looked = time.process_time()
        found = self._trainer.score(self._model + done.update, 0, len(self._task.data.y_test))
        content[SCORE] = scored(Score(*found, time.process_time() - looked))
        return content

    def _messages(self, result: ClientResult) -> dict[str, Encoded]:
        """What goes back. Between peers the change as it is: only what they exchange, when mixing, is compressed."""
        if self._task.topology.peer_to_peer:
            return {UPDATE: plain(result.update)}
        sent = outgoing(self._task, result, self._round, _kept(self._context, UPDATE, self._version))
        messages = {UPDATE: sent.message}
        if result.own_control is not None:
            messages[CONTROL] = plain(result.own_control)
            _keep(self._context, CONTROL, 1 - self._version, result.own_control)
        if sent.residual is not None:
            _keep(self._context, UPDATE, 1 - self._version, sent.residual)
        return messages

    def _not_finite(self, done: ClientResult | Trained, began: float) -> RecordDict:
        return self._reported(done, Outcome.NOT_FINITE, began, "its update holds NaN or infinity")

    def _reported(
        self, done: ClientResult | Trained, outcome: Outcome, began: float, text: str | None = None
    ) -> RecordDict:
        cpu_s = time.process_time() - began
        return reported(TurnReport(self._client, outcome, done.samples, done.steps, done.macs, done.loss, cpu_s, text))


def _kept(context: Context, name: str, version: int) -> Vector | None:
    """What this node remembers of the turn that the server counted last; None before the first."""
    record = context.state.array_records.get(f"{_MEMORY}.{name}.{version}")
    return None if record is None else vector(unpacked(record)[name])


def _keep(context: Context, name: str, version: int, values: Vector) -> None:
    context.state[f"{_MEMORY}.{name}.{version}"] = packed({name: plain(values)})


@lru_cache(maxsize=1)
def _task(folder: str) -> FederatedTask:
    import torch

    torch.set_num_threads(1)
    task: FederatedTask = bundle.load(Path(folder)).task
    return task
