"""The rules: at random, awake, on a clean grid, with power to spare, with most to teach, in time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.federated.selection.base import Chosen, Selection, Sight
from setsuden.workload.settings import in_range


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomChoice(Selection):
    """Anyone, awake or not; who sleeps counts as dropped."""

    @property
    def rule(self) -> str:
        """In print."""
        return "random"

    def participation(self, clients: int) -> float:
        """Those asked over all."""
        return self.asked(clients) / clients

    @property
    def accounting(self) -> str:
        """A cohort of fixed size, unless everybody is asked."""
        return "certain" if self.cohort is None else "fixed"

    def weights(self, sight: Sight) -> NDArray[np.float64]:
        """All alike."""
        return np.ones(len(sight.samples))


@dataclass(frozen=True, slots=True, kw_only=True)
class Poisson(Selection):
    """Anyone, awake or not, each by a lot of its own: the sampling that the accountant of privacy assumes.

    share   chance (0-1) of each client in each round, in place of a cohort, whose size is now a matter of chance
    """

    share: float = 0.1

    def __post_init__(self) -> None:
        Selection.__post_init__(self)
        in_range("selection.share", self.share, above=0.0)
        if self.share > 1.0:
            raise InputError("must be a share of at most 1", place="selection.share", value=self.share)
        if self.cohort is not None or self.over_selection > 1.0:
            raise InputError(
                "independent draws have no cohort of a given size",
                place="selection.cohort" if self.cohort is not None else "selection.over_selection",
                remedy="Give share alone: 0.1 asks a tenth of the clients on average.",
            )

    @property
    def rule(self) -> str:
        """In print."""
        return "poisson"

    @property
    def name(self) -> str:
        """With the share."""
        return f"poisson({self.share:g}{', unbiased' if self.unbiased else ''})"

    def participation(self, clients: int) -> float:
        """The share."""
        return self.share

    @property
    def accounting(self) -> str:
        """As assumed."""
        return "independent"

    def weights(self, sight: Sight) -> NDArray[np.float64]:
        """All alike."""
        return np.ones(len(sight.samples))

    def choose(self, sight: Sight, random: np.random.Generator) -> Chosen:
        """Each on its own; nobody may be drawn."""
        chance = np.where(sight.samples > 0, self.share, 0.0)
        return Chosen(np.flatnonzero(random.random(len(chance)) < chance).astype(np.int64), chance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Available(Selection):
    """At random among those who are awake."""

    @property
    def rule(self) -> str:
        """In print."""
        return "available"

    def weights(self, sight: Sight) -> NDArray[np.float64]:
        """All alike who are awake."""
        return sight.available.astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarbonAware(Selection):
    """Prefers, among the awake, those whose grid is clean now.

    sharpness   >= 0: a client's weight is exp(-sharpness x its intensity / the mean intensity); 0 is no preference
    """

    sharpness: float = 4.0

    def __post_init__(self) -> None:
        Selection.__post_init__(self)
        in_range("selection.sharpness", self.sharpness, least=0.0)

    @property
    def rule(self) -> str:
        """In print."""
        return f"carbon-aware {self.sharpness:g}"

    def weights(self, sight: Sight) -> NDArray[np.float64]:
        """Falling with intensity."""
        intensity = self.declared(sight.intensity, "the carbon intensity of the grid")
        awake = sight.available & (sight.samples > 0)
        if not awake.any():
            return np.zeros(len(intensity))
        relative = intensity / max(float(intensity[awake].mean()), 1e-12)
        return np.where(awake, np.exp(-self.sharpness * (relative - relative[awake].min())), 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyAware(Selection):
    """Only those, among the awake, who have power to spare; the more, the likelier."""

    @property
    def rule(self) -> str:
        """In print."""
        return "energy-aware"

    def weights(self, sight: Sight) -> NDArray[np.float64]:
        """Spare watts."""
        return np.where(sight.available, np.maximum(self.declared(sight.spare_w, "the spare power"), 0.0), 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Utility(Selection):
    """Prefers, among the awake, those with many samples and a high loss at their last turn.

    The statistical utility of Oort (Lai et al. 2021, arXiv:2010.06081) with the mean loss in place of its root mean
    square; who never trained has the loss of the worst.
    """

    @property
    def rule(self) -> str:
        """In print."""
        return "utility"

    def weights(self, sight: Sight) -> NDArray[np.float64]:
        """Samples x loss."""
        known = np.isfinite(sight.loss)
        worst = float(sight.loss[known].max()) if known.any() else 1.0
        loss = np.where(known, np.maximum(sight.loss, 1e-6), max(worst, 1e-6))
        return np.where(sight.available, sight.samples * loss, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline(Selection):
    """At random among the awake whose turn would end within ``deadline_s`` seconds."""

    deadline_s: float

    def __post_init__(self) -> None:
        Selection.__post_init__(self)
        in_range("selection.deadline_s", self.deadline_s, above=0.0)

    @property
    def rule(self) -> str:
        """In print."""
        return f"deadline {self.deadline_s:g} s"

    def weights(self, sight: Sight) -> NDArray[np.float64]:
        """All alike who are in time."""
        return (sight.available & (sight.turn_s <= self.deadline_s)).astype(np.float64)
