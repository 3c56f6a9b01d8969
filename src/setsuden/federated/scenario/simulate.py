"""A declared simulation, run: expectations, one drawn course, or both, and the fit of real runs beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from setsuden.errors import InputError
from setsuden.federated.price import price
from setsuden.federated.scenario.declaration import SimulationDeclaration
from setsuden.federated.scenario.reading import Ground, ground, schedule, simulation
from setsuden.federated.simulate import (
    Buffered,
    Fit,
    Simulation,
    Synchronous,
    closed_form,
    closed_form_buffered,
    events,
    events_buffered,
    fit,
)
from setsuden.federated.trace import Trace
from setsuden.places import Declared
from setsuden.quantity import Estimate

Form = Literal["closed", "events"]


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What real runs say of this one.

    fit         carbon per round and client asked
    predicted   gCO2e for the clients asked in the simulation
    """

    fit: Fit
    runs: int
    predicted: Estimate


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """Everything a simulation found; ``found`` has one entry for each form that was asked for."""

    said: SimulationDeclaration
    ground: Ground
    found: dict[Form, Simulation]
    fitted: Fitted | None


def run(declared: Declared, folder: Path) -> Simulated:
    """Simulate what was declared; InputError with the place of the first problem."""
    said = simulation(declared)
    base = ground(declared, said, folder)
    plan = schedule(declared, said.schedule)
    forms: Sequence[Form] = ("closed", "events") if said.form == "both" else (said.form,)
    found = {form: declared.at(("schedule",), lambda form=form: _run(base, plan, form, said.seed)) for form in forms}  # type: ignore[misc]
    fitted = declared.at(("traces",), lambda: _fitted(base, said.traces, folder, next(iter(found.values()))))
    return Simulated(said, base, found, fitted)


def document(simulated: Simulated) -> dict[str, Any]:
    """Plain data, schema ``federate-simulate``."""
    said, fitted = simulated.said, simulated.fitted
    return {
        "schema": "setsuden:federate-simulate",
        "name": said.name,
        "clients": said.clients,
        "seed": said.seed,
        "schedule": said.schedule.model_dump(exclude_none=True),
        "forms": {form: _plain(found) for form, found in simulated.found.items()},
        "fit": None
        if fitted is None
        else {
            "runs": fitted.runs,
            "k": fitted.fit.k.to_json(),
            "r_squared": fitted.fit.r_squared,
            "error": fitted.fit.error if fitted.runs > 1 else None,
            "predicted": fitted.predicted.to_json(),
        },
    }


def _plain(found: Simulation) -> dict[str, Any]:
    return {
        "rounds": found.rounds,
        "duration_s": found.duration_s,
        "asked": float(found.asked),
        "delivered": float(found.delivered),
        "moved_bytes": found.moved_bytes,
        "macs": found.macs,
        "bill": found.bill.to_json(),
    }


def _run(base: Ground, plan: Synchronous | Buffered, form: Form, seed: int) -> Simulation:
    if isinstance(plan, Synchronous):
        if form == "closed":
            return closed_form(base.fleet, base.work, plan, base.rule)
        return events(base.fleet, base.work, plan, base.rule, seed=seed)
    if form == "closed":
        return closed_form_buffered(base.fleet, base.work, plan, base.rule)
    return events_buffered(base.fleet, base.work, plan, base.rule, seed=seed)


def _fitted(base: Ground, names: Sequence[str], folder: Path, found: Simulation) -> Fitted | None:
    if not names:
        return None
    traces = [Trace.load(folder / name) for name in names]
    if any(trace.header.topology != "server" for trace in traces):
        raise InputError("only federations with a server are simulated, so only those are fitted")
    sizes = [float(trace.rounds.selected.sum()) for trace in traces]
    carbon = [price(trace, base.fleet, base.rule).carbon.value for trace in traces]
    slope = fit(sizes, carbon)
    return Fitted(slope, len(traces), slope.k * float(found.asked))
