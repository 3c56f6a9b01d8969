"""Which configuration to try next, what that is expected to save, and when a search should stop."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, log, sqrt
from statistics import NormalDist
from typing import Literal

import numpy as np

from setsuden.errors import InputError
from setsuden.predict.tuning.observation import Observations, Trial
from setsuden.predict.tuning.space import Configuration, Settings, Space
from setsuden.predict.tuning.surrogate import NOISE, Belief, Seen, believe, expected, prior
from setsuden.quantity import DEVICE, Boundary, Estimate, Provenance

GIVE_UP = 1.3
"""A trial is given up when it has drawn this many times what the best configuration is believed to need."""
_FAR_DEARER = 2.0
_MOST_TRIALS = 3  # of one learning configuration
_NORMAL = np.array([NormalDist().inv_cdf((k + 0.5) / 200) for k in range(200)])  # equally likely normal deviates
Step = Literal["pace", "train", "stop"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to do next.

    step             ``pace``: time the configuration for a few seconds; ``train``: train it until the floor is met,
                     timing every running setting in its first seconds; ``stop``: nothing is worth its energy
    configuration    of that step; of ``stop``, the recommended one
    give_up_j        give a training up when it has drawn so much; None: train to the end
    saving_j         expected saving of one later training if this is tried
    price_j          expected energy of the step
    reason           key of the language tables: first, unknown_pace, worth, not_worth, nothing_left
    """

    step: Step
    configuration: Configuration
    give_up_j: float | None
    saving_j: float
    price_j: float
    reason: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The cheapest configuration known to meet the floor.

    energy    of one further training until the floor is met, J; 5-95 %, scatter between seeds included
    epochs    it is expected to need
    """

    configuration: Configuration
    energy: Estimate
    epochs: float


def suggest(
    observations: Observations,
    space: Space,
    *,
    trainings: float,
    give_up: float = GIVE_UP,
    paced: bool = True,
) -> Suggestion:
    """The next step of a search.

    trainings   how often the configuration found will be trained: a trial is worth its energy when the expected saving
                of so many trainings is above it; above zero
    give_up     see ``GIVE_UP``; at least 1
    paced       time every configuration for a moment before any is chosen for its energy, save running settings
                that took over twice the least where the best was timed; False: only those timed are considered

    The same observations give the same step. Raises InputError where no learning setting is left.
    """
    if not trainings > 0:
        raise InputError("the number of trainings must be above zero", place="trainings", value=trainings)
    if not give_up >= 1:
        raise InputError("a trial cannot be given up before the best's energy", place="give_up", value=give_up)
    points = [point for point in space.learning_points() if point not in observations.hopeless]
    if not points:
        raise InputError(
            "no configuration met the floor", place="space", remedy="Lower the floor, train longer, or widen the space."
        )
    best = recommend(observations, space)
    if best is None:
        return _without_best(observations, space, points, paced)
    known = _Known.of(observations, space)
    if paced and trainings > 1:
        for configuration in (Configuration(point, running) for point in points for running in known.promising(best)):
            if configuration not in known.epoch_j:
                return Suggestion("pace", configuration, None, 0.0, 0.0, "unknown_pace")
    limit_j = give_up * best.energy.value
    options: list[Suggestion] = []
    for point in points:
        if known.best_epoch_j(point) is None or _often(observations, point):
            continue
        saving_j, price_j = known.worth(point, observations.reached, limit_j)
        running = known.best_running(point) or best.configuration.running
        options.append(Suggestion("train", Configuration(point, running), limit_j, saving_j, price_j, "worth"))
    if not options:
        return Suggestion("stop", best.configuration, None, 0.0, 0.0, "nothing_left")
    chosen = max(options, key=lambda option: trainings * option.saving_j - option.price_j)
    if trainings * chosen.saving_j <= chosen.price_j:
        return Suggestion("stop", best.configuration, None, chosen.saving_j, chosen.price_j, "not_worth")
    return chosen


def recommend(
    observations: Observations,
    space: Space,
    *,
    boundary: Boundary = DEVICE,
    provenance: Provenance = Provenance.ESTIMATED,
) -> Recommendation | None:
    """The cheapest configuration that has met the floor at least once; None while there is none."""
    known = _Known.of(observations, space)
    found: tuple[float, Settings] | None = None
    for i, point in enumerate(known.points):
        epoch_j = known.best_epoch_j(point)
        if point in observations.reached and point not in observations.hopeless and epoch_j is not None:
            cost = float(known.belief.mean[i]) + log(epoch_j)
            found = min(found, (cost, point)) if found else (cost, point)
    if found is None:
        return None
    point = found[1]
    i = known.points.index(point)
    running = known.best_running(point)
    epoch_j = known.best_epoch_j(point)
    assert running is not None
    assert epoch_j is not None
    spread = 1.645 * float(np.hypot(known.belief.deviation[i], NOISE))
    epochs = float(np.exp(known.belief.mean[i]))
    value = epochs * epoch_j
    energy = Estimate(value, value * np.exp(-spread), value * np.exp(spread), "J", provenance, boundary)
    return Recommendation(Configuration(point, running), energy, epochs)


def _noise(trial: Trial) -> float:
    """Scatter between seeds, and of a count of looks at the quality (uniform within one)."""
    return hypot(NOISE, trial.resolution / sqrt(12) / trial.epochs)


def _often(observations: Observations, point: Settings) -> bool:
    return sum(trial.configuration.learning == point for trial in observations.trials) >= _MOST_TRIALS


def _without_best(observations: Observations, space: Space, points: list[Settings], paced: bool) -> Suggestion:
    """Until something meets the floor: the start, then whatever needs the fewest epochs by what is known.

    A training without a rival has no limit, so its running settings are timed first where there is a choice.
    """
    tried = {trial.configuration.learning for trial in observations.trials}
    left = [point for point in points if point not in tried]
    if not left:
        raise InputError(
            "no configuration met the floor", place="space", remedy="Lower the floor, train longer, or widen the space."
        )
    known = _Known.of(observations, space)
    point = space.first
    if point not in left:
        point = min(left, key=lambda one: float(known.belief.mean[known.points.index(one)]))
    choices = [Configuration(point, running) for running in space.running_points()]
    untimed = [configuration for configuration in choices if configuration not in known.epoch_j]
    if untimed and paced and len(choices) > 1:
        return Suggestion("pace", untimed[0], None, 0.0, 0.0, "unknown_pace")
    running = known.best_running(point) or choices[-1].running
    return Suggestion("train", Configuration(point, running), None, 0.0, 0.0, "first")


@dataclass(frozen=True, slots=True)
class _Known:
    """Belief over epochs, and joules of an epoch, by learning settings."""

    space: Space
    points: tuple[Settings, ...]
    belief: Belief
    epoch_j: dict[Configuration, float]

    @classmethod
    def of(cls, observations: Observations, space: Space) -> _Known:
        points = space.learning_points()
        index = {point: i for i, point in enumerate(points)}
        seen = [
            Seen(index[trial.configuration.learning], log(trial.epochs), trial.reached, _noise(trial))
            for trial in observations.trials
            if not trial.hopeless
        ]
        centre = expected(space.learning, points)
        centre = centre + (np.mean([one.log_epochs - centre[one.point] for one in seen]) if seen else 0.0)
        belief = believe(prior(space.learning, points), centre, seen)
        return cls(space, points, belief, observations.epoch_j())

    def promising(self, best: Recommendation) -> list[Settings]:
        """Running settings that are not far dearer than the best ones at the best learning settings."""
        point = best.configuration.learning
        least_j = self.best_epoch_j(point) or np.inf
        return [
            running
            for running in self.space.running_points()
            if self.epoch_j.get(Configuration(point, running), 0.0) <= _FAR_DEARER * least_j
        ]

    def best_running(self, point: Settings) -> Settings | None:
        """The running settings of the least energy among those timed; None where none was."""
        timed = [configuration for configuration in self.epoch_j if configuration.learning == point]
        return min(timed, key=lambda one: self.epoch_j[one]).running if timed else None

    def best_epoch_j(self, point: Settings) -> float | None:
        """Joules of an epoch at those running settings."""
        running = self.best_running(point)
        return None if running is None else self.epoch_j[Configuration(point, running)]

    def worth(self, point: Settings, reached: frozenset[Settings], limit_j: float) -> tuple[float, float]:
        """Expected saving of one later training when this point is tried, and what trying it is expected to take, J.

        The saving is the knowledge gradient (Frazier, Powell, Dayanik 2009): how much lower the least expected energy
        is after the trial, over what the trial may show. Only a point that has met the floor can be chosen.
        """
        own = self.points.index(point)
        moves = self.belief.moves(own, NOISE)
        eligible = [i for i, one in enumerate(self.points) if one in reached or i == own]
        logs = np.array([self.belief.mean[i] + log(self.best_epoch_j(self.points[i]) or np.inf) for i in eligible])
        after = np.exp(logs[:, None] + moves[eligible][:, None] * _NORMAL[None, :])
        now = float(np.exp(min(logs[k] for k, i in enumerate(eligible) if self.points[i] in reached)))
        epoch_j = self.best_epoch_j(point)
        assert epoch_j is not None
        spread = float(np.hypot(self.belief.deviation[own], NOISE))
        cost = epoch_j * np.exp(self.belief.mean[own] + spread * _NORMAL)
        return max(0.0, now - float(after.min(axis=0).mean())), float(np.minimum(cost, limit_j).mean())
