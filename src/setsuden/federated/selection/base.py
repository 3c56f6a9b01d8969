"""What a selection sees, what it returns, and the fields that all selections share."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.federated.selection.draw import inclusion, systematic
from setsuden.workload.settings import at_least, in_range


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What is known when a cohort is drawn; arrays have one entry a client.

    available      awake now; samples: how many each holds, clients without any are never asked
    intensity      gCO2e per kWh of its grid now, spare_w: watts to spare now; None where the world declares none
    loss           mean training loss of its last turn, NaN before the first
    turn_s         seconds its turn would take: download, training, upload
    """

    round: int
    time_s: float
    available: NDArray[np.bool_]
    samples: NDArray[np.int64]
    intensity: NDArray[np.float64] | None
    spare_w: NDArray[np.float64] | None
    loss: NDArray[np.float64]
    turn_s: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """clients: rising numbers of those who are asked; chance: (all clients,) with which each could have been."""

    clients: NDArray[np.int64]
    chance: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Base of the selections.

    cohort           replies wanted per round, >= 1; None asks everyone who can be asked
    over_selection   asks ceil(cohort x over_selection) clients and takes the first ``cohort`` replies, >= 1
    unbiased         weigh a reply by samples / chance over all samples, so that the mean update is that of all
                     clients in expectation (Horvitz-Thompson); otherwise by samples over the samples of the replies
    """

    cohort: int | None = None
    over_selection: float = 1.0
    unbiased: bool = False

    def __post_init__(self) -> None:
        if self.cohort is not None:
            at_least("selection.cohort", self.cohort, 1)
        in_range("selection.over_selection", self.over_selection, least=1.0)
        if self.unbiased and self.over_selection > 1.0:
            raise InputError(
                "unbiased weights need every reply: the fastest of an over-selected cohort are not a known sample",
                place="selection.over_selection",
                value=self.over_selection,
                remedy="Set over_selection to 1, or leave out unbiased.",
            )

    @property
    def rule(self) -> str:
        """The rule's name in print."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """Rule, cohort and what else was chosen."""
        parts = ["all" if self.cohort is None else str(self.cohort)]
        if self.over_selection > 1.0:
            parts.append(f"x{self.over_selection:g}")
        if self.unbiased:
            parts.append("unbiased")
        return f"{self.rule}({', '.join(parts)})"

    def asked(self, candidates: int) -> int:
        """How many clients are asked when so many can be."""
        return candidates if self.cohort is None else min(candidates, ceil(self.cohort * self.over_selection))

    def participation(self, clients: int) -> float:
        """Chance (0-1) to take part in a round that privacy may count on: 1 where a rule looks at the clients."""
        return 1.0

    @property
    def accounting(self) -> str:
        """How that chance fits the accountant's independent draws: ``independent``, ``fixed`` size, or ``certain``."""
        return "certain"

    def weights(self, sight: Sight) -> NDArray[np.float64]:
        """(clients,): how likely each should be drawn, relative to the others, >= 0."""
        raise NotImplementedError

    def choose(self, sight: Sight, random: np.random.Generator) -> Chosen:
        """Draw this round's clients; nobody where nobody can be asked."""
        weights = np.where(sight.samples > 0, self.weights(sight), 0.0)
        chance = inclusion(weights, self.asked(int((weights > 0).sum())))
        return Chosen(systematic(chance, random), chance)

    def declared(self, values: NDArray[np.float64] | None, what: str) -> NDArray[np.float64]:
        """``values``, or InputError where the world does not say."""
        if values is None:
            raise InputError(
                f"the selection {self.rule} needs {what} of each client",
                place="selection",
                remedy="Declare a fleet that has it, or choose another selection.",
            )
        return values
