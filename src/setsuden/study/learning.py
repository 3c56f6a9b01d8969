"""Training for accuracy: every trained configuration sees the same number of samples, as many as the budget allows."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from setsuden.ledger import Flag
from setsuden.predict.progress import Progress, progress
from setsuden.quantity import Estimate, total
from setsuden.study.codes import NO_QUALITY, SHORT_TRAINING
from setsuden.study.plan import Configuration
from setsuden.study.record import CurvePoint, Quality, known_energy
from setsuden.study.spread import spread

if TYPE_CHECKING:
    from setsuden.study.runner import Runner

_SAFETY = 0.8  # share of the time left that is planned with; what stays over goes into more windows


@dataclass(frozen=True, slots=True)
class Syllabus:
    """How much every learner learns.

    samples   in all, the same for every configuration
    points    examinations, evenly spaced, the last at the end
    """

    samples: int
    points: int


class Lessons:
    """The trainings of one study."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        seen: dict[tuple[object, ...], Configuration] = {}
        for configuration in runner.plan:
            if configuration.phase == "train" and runner.findings.of(configuration.id):
                seen.setdefault(configuration.trained_as, configuration)
        self._all = self._in_turn(list(seen.values()))

    def hold(self) -> None:
        """Train everything that was measured and not trained yet."""
        findings = self._runner.findings
        known = {quality.trained_as for quality in findings.qualities}
        waiting = [configuration for configuration in self._all if configuration.trained_as not in known]
        syllabus = self._syllabus(waiting)
        if not waiting:
            return
        missed: list[str] = []
        for configuration in waiting:
            self._runner.show("quality", len(findings.qualities), len(self._all), configuration.id)
            quality = None
            if syllabus is not None and self._affordable():
                quality = self._train(configuration, syllabus)
            if quality is None:
                missed.append(configuration.id)
            else:
                findings.qualities.append(quality)
                self._runner.keep_quality()
        if missed:
            findings.flags.append(
                Flag(NO_QUALITY, f"Nothing was left of the budget to train for accuracy: {', '.join(missed)}.")
            )

    def _in_turn(self, configurations: list[Configuration]) -> list[Configuration]:
        """Every model once, the cheapest first, then every model's second setting, and so on.

        Should the time end early after all, as many models as possible have an accuracy to be compared by.
        """
        ranked: list[tuple[int, float, Configuration]] = []
        seen: Counter[str] = Counter()
        for configuration in sorted(configurations, key=self._seconds_per_sample):
            ranked.append((seen[configuration.model], self._seconds_per_sample(configuration), configuration))
            seen[configuration.model] += 1
        return [configuration for *_, configuration in sorted(ranked, key=lambda item: item[:2])]

    def _affordable(self) -> bool:
        budget = self._runner.budget
        return budget.left_s > 0 and budget.joules_left(self._runner.findings.spent_j) > 0

    def _dear(self, energies: list[Estimate]) -> bool:
        """Whether a further part of a training would pass the energy budget, going by the dearest of its parts."""
        drawn = [energy.value for energy in energies]
        left_j = self._runner.budget.joules_left(self._runner.findings.spent_j) - math.fsum(drawn)
        return bool(drawn) and left_j < max(drawn)

    def _watched(self, configuration: Configuration, syllabus: Syllabus) -> Progress:
        """The training says how far it is, and is forecast in the line that a waiting person sees."""
        runner, done = self._runner, len(self._runner.findings.qualities)
        parts = [round(syllabus.samples * point / syllabus.points) for point in range(syllabus.points + 1)]
        steps = sum(
            max(1, math.ceil((after - before) / configuration.batch_size))
            for before, after in itertools.pairwise(parts)
            if after > before
        )
        return progress(
            steps,
            name=configuration.id,
            meter=runner.meter,
            language=runner.language,
            say=lambda line: runner.show("quality", done, len(self._all), f"{configuration.id}: {line}"),
        )

    def _syllabus(self, waiting: list[Configuration]) -> Syllabus | None:
        """The same for all, earlier sessions included; None when not even one step fits."""
        runner = self._runner
        choice = runner.study.quality
        declared = math.ceil(choice.epochs * runner.workshop.train_samples)
        done = runner.findings.qualities
        if done:
            return Syllabus(max(quality.samples_seen for quality in done), len(done[0].curve))
        left_s = runner.budget.left_s
        left_j = runner.budget.joules_left(runner.findings.spent_j)
        if math.isinf(left_s) and math.isinf(left_j):
            return Syllabus(declared, choice.points)
        per_sample_j = sum(
            spread(runner.findings.joules_and_samples(configuration.id)).mean for configuration in waiting
        )
        per_sample_s = sum(self._seconds_per_sample(configuration) for configuration in waiting)
        exam_s = choice.test_samples * sum(self._exam_seconds(configuration) for configuration in waiting)
        for points in (choice.points, 1):
            by_time = (left_s * _SAFETY - points * exam_s) / per_sample_s if per_sample_s > 0 else math.inf
            by_energy = left_j * _SAFETY / per_sample_j if per_sample_j > 0 else math.inf
            affordable = min(by_time, by_energy)
            samples = min(declared, int(min(affordable, declared)))
            if samples >= points:
                if samples < declared:
                    runner.findings.flags.append(
                        Flag(
                            SHORT_TRAINING,
                            f"The budget allows {samples:,} samples per training, "
                            f"{samples / runner.workshop.train_samples:.2g} of {choice.epochs:g} epochs.",
                        )
                    )
                return Syllabus(samples, points)
        return None

    def _seconds_per_sample(self, configuration: Configuration) -> float:
        return spread(self._runner.findings.seconds_and_samples(configuration.id)).mean

    def _exam_seconds(self, configuration: Configuration) -> float:
        """Seconds per examined sample: the fastest measured inference of the model, else a third of training."""
        runner = self._runner
        measured = [
            spread(runner.findings.seconds_and_samples(other.id)).mean
            for other in runner.plan
            if other.model == configuration.model
            and other.phase == "infer"
            and other.request_rate_per_s is None
            and runner.findings.of(other.id)
        ]
        return min(measured) if measured else self._seconds_per_sample(configuration) / 3

    def _train(self, configuration: Configuration, syllabus: Syllabus) -> Quality | None:
        """One training; None when the time ended before it had seen its samples, since it would not compare."""
        runner = self._runner
        until_s = runner.budget.until_s
        epoch = runner.workshop.train_samples
        choice = runner.study.quality
        curve: list[CurvePoint] = []
        energies: list[Estimate] = []
        seen, duration_s, diverged = 0, 0.0, False
        correct, tested = 0, 1
        with runner.charged(f"quality/{configuration.id}", model=configuration.model, phase="train"):
            learner = runner.workshop.learner(configuration)
            watched = self._watched(configuration, syllabus)
            try:
                for point in range(1, syllabus.points + 1):
                    due = round(syllabus.samples * point / syllabus.points) - seen
                    if due > 0 and not diverged:
                        if self._dear(energies):
                            return None
                        with runner.meter.window("learn", model=configuration.model, phase="train") as window:
                            work, loss = learner.learn(due, until_s, watched.step)
                            window.annotate(samples=work.samples, loader_s=work.loader_wait_s)
                        assert window.measurement is not None
                        energies.append(known_energy(window.measurement))
                        duration_s += window.measurement.duration_s
                        seen += work.samples
                        diverged = work.diverged
                        if work.samples < due and not diverged:
                            return None
                        correct, tested = learner.examine(choice.test_samples)
                        watched.pause()
                        drawn_j = math.fsum(energy.value for energy in energies)
                        curve.append(CurvePoint(seen / epoch, seen, correct / tested, loss, drawn_j, duration_s))
                watched.close(whole=not diverged)
            finally:
                watched.close()
                learner.close()
        return Quality(
            configuration.model,
            configuration.batch_size,
            configuration.optimizer,
            configuration.learning_rate,
            configuration.precision,
            correct,
            tested,
            seen,
            seen / epoch,
            total(energies),
            tuple(curve),
            diverged,
        )
