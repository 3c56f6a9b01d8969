"""From a declared scenario to a fleet, a turn's work and a schedule, or one sentence about the line that is wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from setsuden.federated import fleet as fleets
from setsuden.federated.fleet import Fleet
from setsuden.federated.fleet.reading import load as load_fleet
from setsuden.federated.price import Rule, rule
from setsuden.federated.scenario.declaration import (
    PlanDeclaration,
    Scenario,
    ScheduleChoice,
    SimulationDeclaration,
    WorkChoice,
)
from setsuden.federated.simulate import Buffered, Synchronous, Work, log_normal_samples, work_of
from setsuden.federated.trace import Trace
from setsuden.parsing import parsed
from setsuden.places import Declared


@dataclass(frozen=True, slots=True)
class Ground:
    """What every scenario stands on.

    sample_bytes   of one raw sample as it would be sent to one place; None where nothing says
    """

    fleet: Fleet
    work: Work
    rule: Rule
    sample_bytes: int | None


def example_text(name: str) -> str:
    """A commented scenario, valid as it stands: ``simulate`` or ``plan``."""
    return (files("setsuden.federated.scenario") / f"{name}.yaml").read_text(encoding="utf-8")


def simulation(declared: Declared) -> SimulationDeclaration:
    """What was written for a simulation, types checked; InputError with the place of the first problem."""
    return parsed(declared, SimulationDeclaration)


def planning(declared: Declared) -> PlanDeclaration:
    """What was written for a plan, likewise."""
    return parsed(declared, PlanDeclaration)


def ground(declared: Declared, said: Scenario, folder: Path) -> Ground:
    """Fleet, work and price of a scenario.

    folder   that relative file names start from: the scenario's own
    """
    there = _fleet(declared, said, folder)
    work, sample_bytes = declared.at(("work",), lambda: _work(said.work, said.clients, said.seed, folder))
    chosen = declared.at(("network",), lambda: rule("setsuden", network=said.network))
    return Ground(there, work, chosen, sample_bytes)


def schedule(declared: Declared, said: ScheduleChoice) -> Synchronous | Buffered:
    """How the turns of a simulation make rounds."""
    timeout_s = math.inf if said.timeout_s is None else said.timeout_s

    def made() -> Synchronous | Buffered:
        if said.kind == "synchronous":
            return Synchronous(
                rounds=said.rounds,
                cohort=said.cohort or 0,
                over_selection=said.over_selection,
                timeout_s=timeout_s,
                waiting=said.waiting,
                drop_at=said.drop_at,
                server_macs=said.server_macs,
            )
        return Buffered(
            rounds=said.rounds,
            concurrency=said.concurrency or 0,
            buffer=said.buffer or 0,
            timeout_s=timeout_s,
            drop_at=said.drop_at,
            server_macs=said.server_macs,
        )

    return declared.at(("schedule",), made)


def _fleet(declared: Declared, said: Scenario, folder: Path) -> Fleet:
    if isinstance(said.fleet, str):
        return load_fleet(folder / said.fleet, said.clients)
    places = {path[1:]: place for path, place in declared.places.items() if path[:1] == ("fleet",)}
    return fleets.read(Declared(said.fleet, places), said.clients)


def _work(said: WorkChoice, clients: int, seed: int, folder: Path) -> tuple[Work, int | None]:
    """As stated; from a trace what is not stated, its clients' samples drawn anew for each client."""
    samples = None
    if said.samples is not None:
        samples = log_normal_samples(clients, said.samples.median, said.samples.spread, seed)
    if said.trace is None:
        assert samples is not None  # the declaration asks for all four
        assert said.macs_per_sample
        assert said.bytes_down
        assert said.bytes_up
        return (
            Work(
                samples=samples,
                macs_per_sample=said.macs_per_sample,
                bytes_down=said.bytes_down,
                bytes_up=said.bytes_up,
                epochs=said.epochs,
                batch_size=said.batch_size,
            ),
            said.sample_bytes,
        )
    trace = Trace.load(folder / said.trace)
    real = work_of(trace)
    if samples is None:
        samples = np.random.default_rng([seed, 0x5A4]).choice(real.samples, clients)
    work = Work(
        samples=samples,
        macs_per_sample=said.macs_per_sample or real.macs_per_sample,
        bytes_down=said.bytes_down or real.bytes_down,
        bytes_up=said.bytes_up or real.bytes_up,
        epochs=said.epochs if "epochs" in said.model_fields_set else real.epochs,
        batch_size=said.batch_size or real.batch_size,
    )
    return work, trace.header.sample_bytes if said.sample_bytes is None else said.sample_bytes
