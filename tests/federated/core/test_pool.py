"""Workers and their messages: who does what is by work and pace, and whoever ends costs nothing but time."""

from __future__ import annotations

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.federated import engine
from setsuden.federated.engine import RoundDone
from setsuden.federated.engine.orders import EvaluateJob, Job, TrainJob, Turn, TurnReport
from setsuden.federated.engine.parcels import Pace, parcels
from setsuden.federated.local import batches
from setsuden.federated.schedule import Scheduler
from setsuden.federated.stop import Stop
from setsuden.federated.trace import Outcome
from tests.federated.core.support import parted, task


def jobs_of(work: list[float]) -> list[Job]:
    return [TrainJob((Turn(client, 1, 0, client, 1.0),), work=each) for client, each in enumerate(work)]


def pace_of(s_per_work: float) -> Pace:
    pace = Pace()
    pace.saw(jobs_of([1.0])[0], (TurnReport(0, Outcome.DONE, cpu_s=s_per_work),))
    return pace


@given(
    work=st.lists(st.floats(1.0, 1e4), max_size=40),
    workers=st.integers(1, 5),
    s_per_work=st.floats(1e-9, 1.0),
)
def test_every_job_is_in_one_message_and_the_longest_message_comes_first(
    work: list[float], workers: int, s_per_work: float
) -> None:
    found = parcels(jobs_of(work), workers, pace_of(s_per_work))
    assert sorted(number for parcel in found for number in parcel) == list(range(len(work)))
    loads = [sum(work[number] for number in parcel) for parcel in found]
    assert loads == sorted(loads, reverse=True)
    if found:  # nobody waits longer than for the one job that could not be cut
        assert max(loads) <= sum(loads) / len(loads) + max(work) * (1 + 1e-9)


def test_short_jobs_make_one_message_a_worker_and_long_or_unknown_ones_one_each() -> None:
    jobs = jobs_of([2.0, 1.0, 1.0, 2.0])
    assert parcels(jobs, 2, pace_of(1e-4)) == [[0, 1], [3, 2]]
    assert parcels(jobs, 2, pace_of(1.0)) == [[0], [3], [1], [2]]
    assert parcels(jobs, 2, Pace()) == [[0], [3], [1], [2]]
    looks: list[Job] = [EvaluateJob(0, 0, 5), EvaluateJob(0, 5, 10)]
    assert parcels(looks, 1, pace_of(1e-4)) == [[0], [1]]


@given(
    counts=st.lists(st.integers(1, 30), min_size=1, max_size=6),
    batch_size=st.integers(1, 12),
    epochs=st.integers(1, 3),
    limit=st.none() | st.integers(1, 9),
    round_=st.integers(1, 5),
)
def test_side_by_side_every_client_takes_the_batches_that_it_takes_alone(
    counts: list[int], batch_size: int, epochs: int, limit: int | None, round_: int
) -> None:
    rows = parted(counts).indices
    limits = tuple(limit if client % 2 else None for client in range(len(counts)))
    make = Scheduler(rows, batch_size, epochs, seed=7)
    for _ in range(2):  # the second is made from what was kept of the first
        layout, taken = make(tuple(range(len(counts))), limits, round_)
        for at, client in enumerate(layout.place.tolist()):
            alone = list(batches(rows[client], batch_size, epochs, (7, round_, client), max_steps=limits[client]))
            sizes = layout.sizes[:, at]
            assert [len(batch) for batch in alone] == sizes[sizes > 0].tolist()
            assert (layout.steps[at], layout.samples[at]) == (len(alone), sum(map(len, alone)))
            for step, batch in enumerate(alone):
                assert np.array_equal(taken[step, at, : len(batch)], batch)
                assert layout.shares[step, at].sum() == pytest.approx(1.0)
                assert not layout.shares[step, at, len(batch) :].any()
            assert set(taken[:, at].ravel().tolist()) <= set(rows[client].tolist())
        assert layout.active == sorted(layout.active, reverse=True)


def test_a_worker_killed_between_rounds_costs_nothing() -> None:
    one, killed = task(stop=Stop(rounds=5)), []

    def workers() -> list[psutil.Process]:
        # Children of the process that forks them; whatever else runs beside the tests is somebody else's.
        forking = [child for child in psutil.Process().children() if "forkserver" in " ".join(child.cmdline())]
        return [worker for process in forking for worker in process.children()]

    def kill(done: RoundDone) -> None:
        if done.round in (2, 3):
            for worker in workers():
                worker.kill()
                killed.append(worker.pid)

    shaken, calm = engine.run(one, workers=1, on_round=kill), engine.run(one, workers=1)
    assert len(killed) >= 2
    assert shaken.faults == ()
    assert np.array_equal(shaken.parameters, calm.parameters)
