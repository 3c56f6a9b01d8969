"""From a declared federation to the trainings it asks for, with data, partition and choices looked up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from setsuden.errors import InputError
from setsuden.federated import fleet, partition
from setsuden.federated.failures import Failures
from setsuden.federated.fleet import Fleet
from setsuden.federated.fleet.reading import load as load_fleet
from setsuden.federated.partition import Partition
from setsuden.federated.privacy import Privacy, PrivacyBudget
from setsuden.federated.stop import Stop
from setsuden.federated.study.choices import ALGORITHMS, COMPRESSIONS, SELECTIONS, TOPOLOGIES, built, chosen
from setsuden.federated.study.declaration import CentralChoice, FederationDeclaration, PartitionChoice
from setsuden.federated.task import FederatedTask, LocalTraining
from setsuden.federated.topology import Server
from setsuden.parsing import parsed
from setsuden.places import Declared
from setsuden.workload import zoo
from setsuden.workload.data import Dataset, load
from setsuden.workload.factory import is_factory

# Which samples a limit keeps is part of the data, not of a repetition.
_DATA_SEED = 0


@dataclass(frozen=True, slots=True)
class Federation:
    """What is to be trained and compared.

    tasks        one for every topology and seed, topologies in the order declared, seeds within
    centralised  the same model in one place; None where it was not asked for
    """

    declaration: FederationDeclaration
    data: Dataset
    tasks: tuple[FederatedTask, ...]
    centralised: CentralChoice | None

    @property
    def name(self) -> str:
        """Of the study."""
        return self.declaration.name


def example_text() -> str:
    """A commented federation, valid as it stands."""
    return (files("setsuden.federated.study") / "example.yaml").read_text(encoding="utf-8")


def declaration(declared: Declared) -> FederationDeclaration:
    """What was written, types checked; raises InputError with the place of the first problem."""
    if "topology" in declared.data:
        raise InputError("unknown key", place=declared.place(("topology",)), remedy="Did you mean topologies?")
    return parsed(declared, FederationDeclaration)


def read(declared: Declared) -> Federation:
    """The federation; raises InputError with the place of the first problem. Loads the data."""
    said = declaration(declared)
    if not is_factory(said.model):
        declared.at(("model",), lambda: zoo.entry(said.model))
    first = _first_task(declared, said)
    topologies = [
        chosen(declared, ("topologies", index), value, TOPOLOGIES) for index, value in enumerate(said.topologies)
    ]
    tasks = tuple(
        declared.at(("topologies", index), lambda t=topology, s=seed: replace(first, topology=t, seed=s))  # type: ignore[misc]
        for index, topology in enumerate(topologies)
        for seed in said.seeds
    )
    names = [topology.name for topology in topologies]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise InputError("listed twice", place=declared.place(("topologies", index)), value=name)
    return Federation(said, first.data, tasks, said.centralised or None)


def read_fleet(declared: Declared, federation: Federation, folder: Path) -> Fleet | None:
    """The fleet of the study, written in it or in a file beside it; None where there is none.

    folder   that a relative file name starts from: the study's own
    """
    said = federation.declaration.fleet
    clients = federation.tasks[0].clients
    if said is None:
        return None
    if isinstance(said, str):
        return load_fleet(folder / said, clients)
    places = {path[1:]: place for path, place in declared.places.items() if path[:1] == ("fleet",)}
    return fleet.read(Declared(said, places), clients)


def _first_task(declared: Declared, said: FederationDeclaration) -> FederatedTask:
    """All but topology and seed, so that what is wrong with them is found before any data is loaded."""
    local = built(declared, ("local",), said.local, LocalTraining)
    algorithm = chosen(declared, ("algorithm",), said.algorithm, ALGORITHMS)
    selection = chosen(declared, ("selection",), said.selection, SELECTIONS)
    compression = chosen(declared, ("compression",), said.compression, COMPRESSIONS)
    stop = built(declared, ("stop",), said.stop, Stop)
    failures = built(declared, ("failures",), said.failures, Failures)
    data = declared.at(
        ("data", "name"),
        lambda: load(
            said.data.name,
            root=said.data.folder,
            limit_train=said.data.train_limit,
            limit_test=said.data.test_limit,
            seed=_DATA_SEED,
        ),
    )
    place = "partition" if "partition" in declared.data else "clients"
    held = declared.at((place,), lambda: _partition(data, said))
    return FederatedTask(
        study=said.name,
        model=said.model,
        data=data,
        partition=held,
        local=local,
        algorithm=algorithm,
        topology=Server(),
        selection=selection,
        compression=compression,
        privacy=_privacy(declared, said, stop.rounds, selection.participation(held.clients)),
        stop=stop,
        failures=failures,
        evaluate_every=said.evaluate_every,
        personalise_epochs=said.personalise_epochs,
    )


def _privacy(declared: Declared, said: FederationDeclaration, rounds: int, share: float) -> Privacy | None:
    """As declared: by its noise, or by the epsilon that all rounds may spend."""
    if said.privacy is None:
        return None
    if "epsilon" not in said.privacy:
        return built(declared, ("privacy",), said.privacy, Privacy)
    budget = built(declared, ("privacy",), said.privacy, PrivacyBudget)
    return declared.at(("privacy", "epsilon"), lambda: budget.spent(rounds, share))


def _partition(data: Dataset, said: FederationDeclaration) -> Partition:
    choice, clients = said.partition, said.clients
    if choice.kind == "natural":
        return partition.natural(data, clients=clients, seed=_DATA_SEED)
    assert clients is not None  # the declaration asks for it
    return _MAKERS[choice.kind](data, clients, choice)


_MAKERS: dict[str, Callable[[Dataset, int, PartitionChoice], Partition]] = {
    "iid": lambda data, clients, choice: partition.iid(data, clients, _DATA_SEED),
    "dirichlet": lambda data, clients, choice: partition.dirichlet(
        data, clients, choice.alpha or 0.0, _DATA_SEED, minimum=choice.minimum
    ),
    "quantity": lambda data, clients, choice: partition.quantity_skew(
        data, clients, choice.alpha or 0.0, _DATA_SEED, minimum=choice.minimum
    ),
    "shards": lambda data, clients, choice: partition.shards(data, clients, choice.per_client or 2, _DATA_SEED),
    "equal-lda": lambda data, clients, choice: partition.equal_lda(data, clients, choice.alpha or 0.0, _DATA_SEED),
}
