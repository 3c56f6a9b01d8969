"""The client app of a federated task: one turn of one client, by the same code as in the embedded engine."""

from __future__ import annotations

import os
import time
import traceback
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from setsuden.federated.algorithms.base import Vector
from setsuden.federated.flower import bundle
from setsuden.federated.flower.mod import energy_mod
from setsuden.federated.flower.wire import (
    CONTROL,
    MODEL,
    RESULT,
    SCORE,
    TELL,
    TURN,
    UPDATE,
    packed,
    plain,
    unpacked,
    vector,
)
from setsuden.federated.local import ClientResult, outgoing, train_client, trainer_of
from setsuden.federated.trace import Outcome

if TYPE_CHECKING:
    from setsuden.federated.task import FederatedTask

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
        content = _turn(
            _task(os.environ[bundle.TASK_FOLDER]), told, message.content.array_records[MODEL], context, began
        )
    except Exception as error:  # a user's model may raise anything; it costs this client's turn, not the run
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__}: {error} ({os.path.basename(place.filename)}:{place.lineno})"[:500]
        content = RecordDict({RESULT: _result(Outcome.RAISED, None, time.process_time() - began, text)})
    return Message(content, reply_to=message)


def _turn(
    task: FederatedTask, told: dict[str, int], received: ArrayRecord, context: Context, began: float
) -> RecordDict:
    client, round_, version = told["client"], told["round"], told["version"]
    parts = {name: vector(part) for name, part in unpacked(received).items()}
    trainer = trainer_of(task)
    places = trainer.sub(client).places
    model = parts[MODEL]
    if places is not None:
        model = np.zeros(trainer.size, dtype=np.float32)
        model[places] = parts[MODEL]
    if "personal" in told:
        return _personalised(task, told, model, began)
    result = train_client(
        task,
        client,
        model,
        round_,
        control=parts.get(CONTROL),
        own_control=_kept(context, CONTROL, version),
        max_steps=told.get("max_steps"),
    )
    if not result.finite:
        text = "its update holds NaN or infinity"
        return RecordDict({RESULT: _result(Outcome.NOT_FINITE, result, time.process_time() - began, text)})
    sent = outgoing(task, result, round_, _kept(context, UPDATE, version))
    messages = {UPDATE: sent.message}
    if result.own_control is not None:
        messages[CONTROL] = plain(result.own_control)
        _keep(context, CONTROL, 1 - version, result.own_control)
    if sent.residual is not None:
        _keep(context, UPDATE, 1 - version, sent.residual)
    cpu_s = time.process_time() - began
    return RecordDict({UPDATE: packed(messages), RESULT: _result(Outcome.DONE, result, cpu_s, "")})


def _personalised(task: FederatedTask, told: dict[str, int], model: Vector, began: float) -> RecordDict:
    """Train on for oneself and look how good that is; nothing of the model is sent."""
    trainer = trainer_of(task)
    done = trainer.train(told["client"], model, told["round"], None, None, told.get("max_steps"), told.get("epochs"))
    result = ClientResult(
        told["client"], done.update, done.samples, done.steps, done.macs, done.loss, 0.0,
        bool(np.isfinite(done.update).all()), 0.0,
    )  # fmt: skip
    if not result.finite:
        text = "its update holds NaN or infinity"
        return RecordDict({RESULT: _result(Outcome.NOT_FINITE, result, time.process_time() - began, text)})
    trained_s = time.process_time() - began
    looked = time.process_time()
    right, seen, loss = trainer.score(model + done.update, 0, len(task.data.y_test))
    score: dict[str, list[int] | float] = {
        "right": [int(count) for count in right],
        "seen": [int(count) for count in seen],
        "loss": float(loss),
        "cpu_s": time.process_time() - looked,
    }
    return RecordDict({RESULT: _result(Outcome.DONE, result, trained_s, ""), SCORE: MetricRecord(score)})  # type: ignore[arg-type]


def _result(outcome: Outcome, result: ClientResult | None, cpu_s: float, text: str) -> ConfigRecord:
    return ConfigRecord(
        {
            "outcome": int(outcome),
            "samples": 0 if result is None else int(result.samples),
            "steps": 0 if result is None else int(result.steps),
            "macs": 0.0 if result is None else float(result.macs),
            "loss": float("nan") if result is None else float(result.loss),
            "cpu_s": cpu_s,
            TELL: text,
        }
    )


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
