"""What a run gives: the trace, the model, and what became of each client."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from setsuden.federated.engine.progress import Fault
from setsuden.federated.stop import Spent
from setsuden.federated.trace import Trace


@dataclass(frozen=True, slots=True)
class RoundDone:
    """One round as it ended. accuracy, loss: on held-out samples, None where not evaluated or not finite."""

    round: int
    asked: int
    replied: int
    accuracy: float | None
    loss: float | None
    train_loss: float | None
    spent: Spent
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Clients:
    """Arrays with one entry a client.

    asked, replied   in how many rounds
    accuracy         of the final model on held-out samples, weighted to the labels that the client holds; NaN for a
                     client without samples. It sees a skew of labels, not one of features.
    personal         the same for the client's own model after personal fine-tuning; None where nobody personalised
    faulted          how often its turn raised, hung or was not finite
    """

    asked: NDArray[np.int64]
    replied: NDArray[np.int64]
    faulted: NDArray[np.int64]
    accuracy: NDArray[np.float64]
    personal: NDArray[np.float64] | None
    regions: tuple[str, ...] | None

    def by_region(self) -> dict[str, tuple[float, float]]:
        """Region -> (mean accuracy of its clients, rounds asked per client); one region "all" where none is known."""
        names = np.array(self.regions if self.regions is not None else ["all"] * len(self.asked))
        found = {}
        for name in sorted(set(names.tolist())):
            here = names == name
            known = here & np.isfinite(self.accuracy)
            mean = float(self.accuracy[known].mean()) if known.any() else float("nan")
            found[name] = (mean, float(self.asked[here].mean()))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class FederatedResult:
    """The end of a run.

    parameters     (parameters,) float32: the server's model, or the mean of the peers'
    accuracy, loss at the last evaluation; between peers the mean over the peers that were looked at
    consensus      accuracy of the mean of the peers' models, peer to peer only
    epsilon        of the privacy that was bought, None without
    resumed_from   the round after which an earlier run of the same task had stopped, 0 for a run from the start
    """

    trace: Trace
    parameters: NDArray[np.float32]
    accuracy: float | None
    loss: float | None
    spent: Spent
    faults: tuple[Fault, ...]
    clients: Clients
    consensus: float | None = None
    epsilon: float | None = None
    resumed_from: int = 0

    @property
    def reached_round(self) -> int | None:
        """The round at which the target had held long enough; None where it was not reached."""
        return self.trace.header.reached_round
