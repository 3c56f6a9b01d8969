"""Run a declared federation: train every topology and seed, train in one place, price and compare."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from setsuden.errors import InputError
from setsuden.federated.fleet import Fleet, Place, country, world
from setsuden.federated.price import Bill, network_model, price
from setsuden.federated.study.book import Book, key
from setsuden.federated.study.central import Centralised, Look, train_centrally
from setsuden.federated.study.compare import VIEWS, Compared, compared
from setsuden.federated.study.reading import Federation
from setsuden.placement.network import published_names

if TYPE_CHECKING:
    from setsuden.federated.engine import FederatedResult, RoundDone
    from setsuden.federated.task import FederatedTask
    from setsuden.federated.world import World
    from setsuden.ledger import Ledger, Measurement

TRACES, STATE = "traces", "state"


class Engine(Protocol):
    """What computes a task: the embedded engine or Flower."""

    def __call__(
        self,
        task: FederatedTask,
        world: World | None = None,
        *,
        workers: int | None = None,
        checkpoint: Path | None = None,
        on_round: Callable[[RoundDone], None] | None = None,
    ) -> FederatedResult:
        """Train to the end; see ``setsuden.federated.engine.run``."""
        ...


class Watcher(Protocol):
    """Who is told while it runs."""

    def training(self, task: FederatedTask, number: int, of: int) -> None:
        """A training begins."""
        ...

    def round(self, task: FederatedTask, done: RoundDone) -> None:
        """A round has ended."""
        ...

    def central(self, look: Look) -> None:
        """Training in one place was looked at."""
        ...


@dataclass(frozen=True, slots=True)
class Trained:
    """One federation as it was trained.

    carried_bytes   what Flower's own messages carried between server and nodes; None by the embedded engine. Between
                    peers it stands for nothing that their links would carry: that is in the trace
    measured        energy of this machine while it trained here; None where nothing metered it
    """

    task: FederatedTask
    result: FederatedResult
    carried_bytes: int | None
    trace_file: str | None
    measured: Measurement | None


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Outcome:
    """Everything a study found.

    trained      one for every topology and seed
    centralised  None where it was not asked for; ``central_measured`` is this machine's energy meanwhile
    bills        one for each of ``trained``, on the fleet as declared by the first network model; empty without a fleet
    compared     likewise where there is a centralised side to be compared with
    unrecorded   why a part of the run is not in the ledger; None where all of it is, and without a ledger
    """

    federation: Federation
    fleet: Fleet | None
    trained: tuple[Trained, ...]
    centralised: Centralised | None
    central_measured: Measurement | None
    bills: tuple[Bill, ...]
    compared: tuple[Compared, ...]
    run_id: str | None
    unrecorded: str | None


def engine(name: Literal["embedded", "flower"]) -> Engine:
    """The engine of that name; MissingDependencyError where its package is not installed."""
    if name == "flower":
        from setsuden.federated import flower

        return flower.run
    from setsuden.federated import engine as embedded

    return embedded.run


def run(
    federation: Federation,
    fleet: Fleet | None,
    *,
    out: Path | None = None,
    ledger: Ledger | None = None,
    watcher: Watcher | None = None,
) -> Outcome:
    """Train, keep every trace, compare.

    out      folder for traces and for the state after every round; a run that was interrupted goes on from there
    ledger   where the energy of this machine and the state of every round are kept; None: nowhere

    InputError where the fleet does not fit, before anything is trained.
    """
    places, networks = _places(federation), _networks(federation)
    devices = _devices(federation, fleet)
    with Book(federation, ledger) as book:
        trained = []
        for number, task in enumerate(federation.tasks, start=1):
            if watcher is not None:
                watcher.training(task, number, len(federation.tasks))
            trained.append(_train(task, federation, fleet, out, book, watcher))
        central, central_measured = _central(federation, out, book, watcher)
    found: list[Compared] = []
    bills: list[Bill] = []
    if fleet is not None and central is not None:
        found = [
            compared(one.result.trace, fleet, central, places=places, devices=devices, networks=networks)
            for one in trained
        ]
        bills = [one.declared.federated for one in found]
    elif fleet is not None:
        bills = [price(one.result.trace, fleet, network=networks[0]) for one in trained]
    return Outcome(
        federation=federation,
        fleet=fleet,
        trained=tuple(trained),
        centralised=central,
        central_measured=central_measured,
        bills=tuple(bills),
        compared=tuple(found),
        run_id=book.run_id,
        unrecorded=book.fault,
    )


def _train(
    task: FederatedTask,
    federation: Federation,
    fleet: Fleet | None,
    out: Path | None,
    book: Book,
    watcher: Watcher | None,
) -> Trained:
    name = federation.declaration.engine
    checkpoint = None
    remembering = task.compression.keeps_residual or task.algorithm.keeps_control
    if out is not None and (name == "embedded" or not remembering):
        checkpoint = _folder(out / STATE) / f"{key(task)}.npz"

    def on_round(done: RoundDone) -> None:
        book.keep_round(task, done)
        if watcher is not None:
            watcher.round(task, done)

    with book.window(f"train {key(task)}", topology=task.topology.name, seed=task.seed) as window:
        result = engine(name)(
            task,
            None if fleet is None else world(fleet),
            workers=federation.declaration.workers,
            checkpoint=checkpoint,
            on_round=on_round,
        )
    if (declared := federation.declaration.sample_bytes) is not None:
        header = replace(result.trace.header, sample_bytes=declared)
        result = replace(result, trace=replace(result.trace, header=header))
    if result.resumed_from:
        book.event("resumed", f"{key(task)} went on after round {result.resumed_from}")
    file = None
    if out is not None:
        path = _folder(out / TRACES) / f"{key(task)}.npz"
        result.trace.save(path)
        file = f"{TRACES}/{path.name}"
    return Trained(task, result, _carried_bytes(result, name), file, None if window is None else window.measurement)


def _carried_bytes(result: FederatedResult, engine_name: str) -> int | None:
    if engine_name != "flower":
        return None
    from setsuden.federated.flower import FlowerResult

    return result.carried_bytes if isinstance(result, FlowerResult) else None


def _central(
    federation: Federation, out: Path | None, book: Book, watcher: Watcher | None
) -> tuple[Centralised | None, Measurement | None]:
    """Trained once, by the first seed; what an interrupted run found is not trained again."""
    choice = federation.centralised
    if choice is None:
        return None, None
    from setsuden.federated.engine.checkpoint import data_fingerprint

    task = federation.tasks[0]
    asked = {
        "choice": choice.model_dump(),
        "model": task.model,
        "seed": task.seed,
        "stop": asdict(task.stop),
        "weight_decay": task.local.weight_decay,
        "data": data_fingerprint(task.data),
    }
    kept = None if out is None else _folder(out / STATE) / "centralised.json"
    if kept is not None and kept.exists():
        stored = json.loads(kept.read_text(encoding="utf-8"))
        if stored["asked"] == asked:
            looks = tuple(Look(**look) for look in stored["found"].pop("looks"))
            return Centralised(looks=looks, **stored["found"]), None
    with book.window("train centralised", topology="centralised", seed=task.seed) as window:
        found = train_centrally(task, choice, None if watcher is None else watcher.central)
    if kept is not None:
        draft = kept.with_suffix(".part")
        draft.write_text(json.dumps({"asked": asked, "found": asdict(found)}), encoding="utf-8")
        draft.replace(kept)
    return found, None if window is None else window.measurement


def _places(federation: Federation) -> tuple[Place, ...]:
    return tuple(country(code) for code in federation.declaration.compare.countries)


def _networks(federation: Federation) -> Sequence[str]:
    chosen = federation.declaration.compare.networks
    if chosen == "all":
        return (*VIEWS, *published_names())
    for name in chosen:
        network_model(name)
    return tuple(chosen)


def _devices(federation: Federation, fleet: Fleet | None) -> Sequence[Any]:
    wanted = federation.declaration.compare.devices
    if fleet is None:
        return ()
    known = {group.device.name: group.device for group in fleet.groups} | {
        fleet.server.device.name: fleet.server.device
    }
    missing = [name for name in wanted if name not in known]
    if missing:
        raise InputError(
            "no client of this fleet has such a device",
            place="compare.devices",
            value=missing[0],
            remedy=f"Known: {', '.join(known)}.",
        )
    return tuple(known[name] for name in wanted)


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path
