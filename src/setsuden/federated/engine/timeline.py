"""When a turn would begin and end in the world, and how much of it is done where it is cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from setsuden.federated.compression.base import HEADER_BYTES
from setsuden.federated.facts import WorkFacts, work_of
from setsuden.federated.local import samples_of, steps_of, sub_model_of
from setsuden.federated.trace import Outcome
from setsuden.federated.world import World

if TYPE_CHECKING:
    from setsuden.federated.task import FederatedTask


class Timed(NamedTuple):
    """One client's turn as planned: download from start_s to train_s, training to send_s, upload to arrive_s.

    broken   Outcome of a turn that is known to fail before it starts (asleep, breaks off, too late); None otherwise
    cut_s    when it stops for that reason
    """

    client: int
    start_s: float
    train_s: float
    send_s: float
    arrive_s: float
    down_bytes: int
    up_bytes: int
    steps: int
    samples: int
    macs: float
    max_steps: int | None
    broken: Outcome | None = None
    cut_s: float | None = None


class Done(NamedTuple):
    """How much of a turn was really done."""

    down_bytes: int
    up_bytes: int
    steps: int
    samples: int
    macs: float
    train_end_s: float
    end_s: float


def message_bytes(task: FederatedTask, work: tuple[WorkFacts, ...], client: int) -> tuple[int, int]:
    """(down, up) of one exchange with the server: the model as float32, the update as the task encodes it."""
    facts = work_of(task, work, client)
    control = HEADER_BYTES + 4 * facts.trainable if task.algorithm.keeps_control else 0
    return HEADER_BYTES + 4 * facts.size + control, task.compression.encoded_bytes(facts.size) + control


class Usual(NamedTuple):
    """What the turns of all clients with one model and so many samples have in common, if nothing cuts them short."""

    facts: WorkFacts
    down_bytes: int
    up_bytes: int
    steps: int
    samples: int


def usual(task: FederatedTask, work: tuple[WorkFacts, ...]) -> tuple[Usual, ...]:
    """Of each client; clients that are alike share one."""
    found: dict[tuple[int, int], Usual] = {}
    kinds = [(sub_model_of(task, client), len(rows)) for client, rows in enumerate(task.partition.indices)]
    for client, kind in enumerate(kinds):
        if kind not in found:
            found[kind] = _usual(task, work, client)
    return tuple(found[kind] for kind in kinds)


def _usual(task: FederatedTask, work: tuple[WorkFacts, ...], client: int) -> Usual:
    facts, local, held = work_of(task, work, client), task.local, len(task.partition.indices[client])
    least = 2 if facts.normalises else 1
    steps = steps_of(held, local.batch_size, local.epochs, least)
    samples = samples_of(held, local.batch_size, local.epochs, steps, least)
    return Usual(facts, *message_bytes(task, work, client), steps, samples)


def timed(
    task: FederatedTask,
    world: World,
    like: Usual,
    client: int,
    round_: int,
    start_s: float,
    awake: bool,
    *,
    sends: bool = True,
) -> Timed:
    """Plan the turn of a client ``like`` others that is asked for at ``start_s``.

    sends   False: no server, nothing is down- or uploaded
    """
    facts, down, up, steps, samples = like
    if not sends:
        down = up = 0
    local = task.local
    compute_s = world.compute_s(client, facts.training_macs * samples, steps)
    max_steps = None
    if local.max_seconds is not None and compute_s > local.max_seconds:
        max_steps = steps = max(1, int(steps * local.max_seconds / compute_s))
        held, least = len(task.partition.indices[client]), 2 if facts.normalises else 1
        samples = samples_of(held, local.batch_size, local.epochs, steps, least)
        compute_s = world.compute_s(client, facts.training_macs * samples, steps)
    train_s = start_s + (world.down_s(client, down) if sends else 0.0)
    send_s = train_s + compute_s
    arrive_s = send_s + (world.up_s(client, up) if sends else 0.0)
    broken, cut_s = None, None
    lost = task.failures.dropped_at(task.seed, round_, client)
    limit = task.failures.time_out_s
    if not awake:
        broken, cut_s = Outcome.DROPPED, start_s
    elif lost is not None:
        broken, cut_s = Outcome.DROPPED, train_s + lost * compute_s
    if limit is not None and (arrive_s if cut_s is None else cut_s) > start_s + limit:
        broken, cut_s = Outcome.TIMED_OUT, start_s + limit
    macs = facts.training_macs * samples
    return Timed(client, start_s, train_s, send_s, arrive_s, down, up, steps, samples, macs, max_steps, broken, cut_s)


def done_by(turn: Timed, cut_s: float) -> Done:
    """What of a turn is done when it is cut off at ``cut_s``."""
    if cut_s > turn.arrive_s:
        return Done(turn.down_bytes, turn.up_bytes, turn.steps, turn.samples, turn.macs, turn.send_s, turn.arrive_s)
    down = _share(turn.start_s, turn.train_s, cut_s)
    trained = _share(turn.train_s, turn.send_s, cut_s)
    up = _share(turn.send_s, turn.arrive_s, cut_s) if trained >= 1.0 else 0.0
    return Done(
        down_bytes=round(turn.down_bytes * down),
        up_bytes=round(turn.up_bytes * up),
        steps=int(turn.steps * trained),
        samples=int(turn.samples * trained),
        macs=turn.macs * trained,
        train_end_s=max(turn.train_s, min(turn.send_s, cut_s)),
        end_s=max(turn.start_s, min(turn.arrive_s, cut_s)),
    )


def _share(begin: float, end: float, now: float) -> float:
    if now >= end:
        return 1.0 if end > begin or now > end else float(now > begin)
    return max(0.0, (now - begin) / (end - begin))
