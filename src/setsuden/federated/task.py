"""A federated training as data: model, samples and who holds them, how clients train, who talks to whom, when to stop.

Which engine computes it is not part of the task: the same task gives the same model on any.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from setsuden.errors import InputError
from setsuden.federated.algorithms import Algorithm, FedAvg, FedBuff
from setsuden.federated.compression import Compression, Plain, SubModel, TopK
from setsuden.federated.failures import Failures
from setsuden.federated.partition import Partition
from setsuden.federated.privacy import Privacy
from setsuden.federated.selection import RandomChoice, Selection
from setsuden.federated.stop import Stop
from setsuden.federated.topology import Hierarchical, Server, Topology
from setsuden.workload.data import Dataset
from setsuden.workload.settings import at_least, in_range


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTraining:
    """What a client does in its turn: SGD over its own samples.

    epochs          passes, >= 1
    batch_size      samples per step, >= 1; a client with fewer takes them all
    learning_rate   > 0
    momentum        0 <= momentum < 1; starts afresh in every turn
    weight_decay    >= 0
    max_seconds     on the clock of the world: training ends with the step that would pass it; None trains to the end
    """

    epochs: int = 1
    batch_size: int = 32
    learning_rate: float = 0.1
    momentum: float = 0.0
    weight_decay: float = 0.0
    max_seconds: float | None = None

    def __post_init__(self) -> None:
        at_least("local.epochs", self.epochs, 1)
        at_least("local.batch_size", self.batch_size, 1)
        in_range("local.learning_rate", self.learning_rate, above=0.0)
        in_range("local.momentum", self.momentum, least=0.0, below=1.0)
        in_range("local.weight_decay", self.weight_decay, least=0.0)
        if self.max_seconds is not None:
            in_range("local.max_seconds", self.max_seconds, above=0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class FederatedTask:
    """Everything that decides what is trained.

    study, model        a name for the whole; a model of the zoo or ``package.module:factory``
    evaluate_every      rounds between evaluations on held-out samples, >= 1; the last round is always evaluated
    personalise_epochs  after the last round each client trains on for so many epochs, for itself; 0: nobody does

    Raises InputError for parts that do not go together, before anything is trained.
    """

    study: str
    model: str
    data: Dataset
    partition: Partition
    local: LocalTraining = field(default_factory=LocalTraining)
    algorithm: Algorithm = field(default_factory=FedAvg)
    topology: Topology = field(default_factory=Server)
    selection: Selection = field(default_factory=RandomChoice)
    compression: Compression = field(default_factory=Plain)
    privacy: Privacy | None = None
    stop: Stop = field(default_factory=Stop)
    failures: Failures = field(default_factory=Failures)
    seed: int = 0
    evaluate_every: int = 1
    personalise_epochs: int = 0

    def __post_init__(self) -> None:
        at_least("seed", self.seed, 0)
        at_least("evaluate_every", self.evaluate_every, 1)
        at_least("personalise_epochs", self.personalise_epochs, 0)
        self._check_partition()
        for clash, place, remedy in self._clashes():
            if clash:
                raise InputError(clash, place=place, remedy=remedy)

    @property
    def clients(self) -> int:
        """How many clients there are."""
        return self.partition.clients

    @property
    def uniform_weights(self) -> bool:
        """Whether every reply counts the same, as differential privacy needs; otherwise by samples."""
        return self.privacy is not None

    def _check_partition(self) -> None:
        total = len(self.data.y_train)
        for client, rows in enumerate(self.partition.indices):
            if len(rows) and (int(rows.min()) < 0 or int(rows.max()) >= total):
                raise InputError(
                    f"client {client} holds a sample that the data set {self.data.name} does not have",
                    place="partition",
                    value=int(rows.max()),
                    remedy=f"Rows are 0 .. {total - 1}; make the partition from the same data set.",
                )
        if not any(len(rows) for rows in self.partition.indices):
            raise InputError("no client holds a sample", place="partition", remedy="Give at least one client samples.")
        classes = self.compression.classes if isinstance(self.compression, SubModel) else ()
        if classes and len(classes) != self.clients:
            raise InputError(
                f"give a device class to each of the {self.clients} clients",
                place="compression.classes",
                value=len(classes),
            )

    def _clashes(self) -> tuple[tuple[str | None, str, str], ...]:
        peers = self.topology.peer_to_peer
        asynchronous = isinstance(self.algorithm, FedBuff)
        edge_rounds = self.topology.edge_rounds if isinstance(self.topology, Hierarchical) else 1
        plain_server = isinstance(self.topology, Server)

        def when(wrong: bool, text: str) -> str | None:
            return text if wrong else None

        return (
            (
                when(peers and not self.algorithm.averages_only, f"{self.algorithm.name} needs a server"),
                "algorithm",
                "Use fedavg or fedprox between peers, or a server.",
            ),
            (
                when(asynchronous and not plain_server, "asynchronous training needs one server"),
                "topology",
                "Use the topology server.",
            ),
            (
                when(edge_rounds > 1 and not self.algorithm.averages_only, "edge rounds of their own only average"),
                "topology.edge_rounds",
                "Use edge_rounds 1, or fedavg or fedprox.",
            ),
            (
                when(self.privacy is not None and (peers or asynchronous), "the noise is added by a server, per round"),
                "privacy",
                "Use a synchronous algorithm with a server or edge aggregators, or leave privacy out.",
            ),
            (
                when(self.privacy is not None and edge_rounds > 1, "the noise is added once per round, by the server"),
                "topology.edge_rounds",
                "Use edge_rounds 1.",
            ),
            (
                when(self.privacy is not None and self.algorithm.keeps_control, "control variates are not private"),
                "privacy",
                "Use another algorithm, or leave privacy out.",
            ),
            (
                when(self.privacy is not None and self.compression.keeps_residual, "a residual is not clipped"),
                "compression.error_feedback",
                "Switch error feedback off, or leave privacy out.",
            ),
            (
                when(peers and isinstance(self.compression, (TopK, SubModel)), "peers exchange whole models"),
                "compression",
                "Use int8 or 4 bits between peers, or none.",
            ),
            (
                when(
                    isinstance(self.compression, SubModel)
                    and (
                        asynchronous or edge_rounds > 1 or self.privacy is not None or not self.algorithm.averages_only
                    ),
                    "sub-models are averaged by entry, each over those who hold it",
                ),
                "compression",
                "Use fedavg or fedprox, synchronous, without privacy.",
            ),
            (
                when(
                    self.selection.unbiased and (peers or asynchronous or isinstance(self.compression, SubModel)),
                    "unbiased weights are for whole models, averaged by a server in rounds",
                ),
                "selection.unbiased",
                "Leave it out.",
            ),
        )
