"""The search itself: asks the engine for the next step, takes it inside the meter, charges it, until it says stop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from setsuden.errors import InputError
from setsuden.ledger import Measurement
from setsuden.meter import Meter
from setsuden.predict.tuning import Configuration, Suggestion, suggest
from setsuden.quantity import NODE, Estimate, Provenance, total
from setsuden.study.progress import Progress, Standing
from setsuden.study.record import known_energy
from setsuden.study.tuning.choices import POWER_LIMIT, Choices
from setsuden.study.tuning.power_limit import PowerLimit
from setsuden.study.tuning.records import PaceRecord, Search, TrialRecord
from setsuden.study.tuning.store import SearchStore
from setsuden.study.workshop import Learner, Workshop

NOTHING = Estimate(0.0, 0.0, 0.0, "J", Provenance.MEASURED, NODE)


class Searcher:
    """One search inside a running meter.

    seconds    the elapsed clock of the meter; ``until_s`` on it: no step begins later
    limit      of the GPU's power, where the space varies it
    ended      why the search ended: ``not_worth``, ``nothing_left``, ``time``, ``energy`` or ``no_floor``
    """

    def __init__(
        self,
        choices: Choices,
        workshop: Workshop,
        meter: Meter,
        store: SearchStore,
        search: Search,
        seconds: Callable[[], float],
        until_s: float,
        progress: Progress,
        limit: PowerLimit | None = None,
    ) -> None:
        self.choices = choices
        self.space = choices.space
        self.search = search
        self.ended = ""
        self.last: Suggestion | None = None
        self._workshop = workshop
        self._meter = meter
        self._store = store
        self._seconds = seconds
        self._until_s = until_s
        self._begun_s = seconds() - search.spent_s
        self._progress = progress
        self._limit = limit
        self._begun = False  # whether anything has been trained in this process
        floor = choices.study.constraints.accuracy_floor
        assert floor is not None
        self._floor = floor

    def run(self) -> None:
        """Steps until one is not worth its energy, or a budget is spent."""
        study = self.choices.study
        while not self.ended:
            if self._seconds() >= self._until_s:
                self.ended = "time"
            elif study.measure.energy_budget_j is not None and self.search.spent_j >= study.measure.energy_budget_j:
                self.ended = "energy"
            else:
                self._step()

    def _step(self) -> None:
        try:
            step = suggest(self.search.observations(), self.space, trainings=self.choices.study.question.trainings)
        except InputError:
            self.ended = "no_floor"
            return
        self.last = step
        if step.step == "stop":
            self.ended = step.reason
            return
        self._show("measure" if step.step == "pace" else "quality", step.configuration)
        if self._limit is not None:
            self._limit.set(float(self.space.named(step.configuration)[POWER_LIMIT]))
        if step.step == "pace":
            self._pace(step.configuration)
        else:
            self._train(step)
        self.search.spent_s = self._seconds() - self._begun_s
        self._store.keep(self.search)

    # -- steps

    def _pace(self, configuration: Configuration) -> None:
        measure = self.choices.study.measure
        with self._charged("pace", configuration) as charge:
            task = self._workshop.task(self.choices.to_train(configuration), 0)
            try:
                task.work(measure.warmup_s)
                self._begun = True
                with self._meter.window("measure", **self._attributes(configuration)) as window:
                    work = task.work(measure.window_s)
                    window.annotate(samples=work.samples, steps=work.steps)
            finally:
                task.close()
        assert window.measurement is not None
        epochs = work.samples / self._workshop.train_samples
        energy = known_energy(window.measurement) * (1 / epochs)
        self.search.paces.append(
            PaceRecord(configuration, energy, window.measurement.duration_s / epochs, charge.energy)
        )

    def _train(self, step: Suggestion) -> None:
        with self._charged("trial", step.configuration) as charge:
            self._warm_up(step.configuration)
            learner = self._workshop.learner(self.choices.to_train(step.configuration))
            try:
                lesson = self._lesson(learner, step)
            finally:
                learner.close()
        training = total(lesson.energies) if lesson.energies else NOTHING
        if lesson.seen and training.value > 0:
            epochs_done = lesson.seen / self._workshop.train_samples
            self.search.paces.append(
                PaceRecord(step.configuration, training * (1 / epochs_done), lesson.duration_s / epochs_done, NOTHING)
            )
            self._store.keep(self.search)
        self.search.trials.append(
            TrialRecord(
                step.configuration,
                lesson.epochs,
                lesson.accuracy,
                training,
                charge.energy,
                lesson.duration_s,
                lesson.ended,
                self.choices.study.quality.epochs / self.choices.study.quality.points,
                step.saving_j,
                step.price_j,
            )
        )

    def _warm_up(self, configuration: Configuration) -> None:
        """What a process pays for its first training is charged, but it is no cost of this configuration."""
        if not self._begun:
            task = self._workshop.task(self.choices.to_train(configuration), 0)
            try:
                task.work(self.choices.study.measure.warmup_s)
            finally:
                task.close()
            self._begun = True

    def _lesson(self, learner: Learner, step: Suggestion) -> _Lesson:
        """Train and examine by turns until the floor is met or the trial ends for another reason."""
        quality, epoch = self.choices.study.quality, self._workshop.train_samples
        due = max(1, math.ceil(quality.epochs * epoch / quality.points))
        lesson = _Lesson()
        attributes = self._attributes(step.configuration)
        while not lesson.ended:
            with self._meter.window("learn", **attributes) as window:
                work, _ = learner.learn(due, self._until_s)
                window.annotate(samples=work.samples)
            assert window.measurement is not None
            lesson.add(window.measurement, work.samples)
            before, at_before = lesson.accuracy, lesson.epochs
            lesson.epochs = lesson.seen / epoch
            if work.diverged:
                lesson.ended = "diverged"
                break
            with self._meter.window("examine", **attributes):
                right, asked = learner.examine(quality.test_samples)
            lesson.accuracy = right / asked
            if lesson.accuracy >= self._floor:
                lesson.ended = "reached"
                if before is not None and lesson.accuracy > before:
                    share = (self._floor - before) / (lesson.accuracy - before)
                    lesson.epochs = at_before + share * (lesson.epochs - at_before)
            elif lesson.epochs >= quality.epochs - 1e-9:
                lesson.ended = "epochs"
            elif step.give_up_j is not None and lesson.joules >= step.give_up_j:
                lesson.ended = "gave_up"
            elif self._seconds() >= self._until_s:
                lesson.ended = "time"
        return lesson

    @contextmanager
    def _charged(self, name: str, configuration: Configuration) -> Iterator[_Charge]:
        """A window whose energy is charged to the search; to ``lost`` when the step is cut off."""
        window_id = self._meter.begin(name, **self._attributes(configuration))
        charge = _Charge()
        try:
            yield charge
        except BaseException:
            measurement = self._meter.end(window_id)
            if measurement.energy is not None:
                self.search.lost.append(measurement.energy)
            self.search.spent_s = self._seconds() - self._begun_s
            self._store.keep(self.search)
            raise
        charge.energy = known_energy(self._meter.end(window_id))

    def _attributes(self, configuration: Configuration) -> dict[str, object]:
        return {**self.space.named(configuration), "phase": "train"}

    def _show(self, phase: str, configuration: Configuration) -> None:
        left_s = None if math.isinf(self._until_s) else self._until_s - self._seconds()
        done = len(self.search.paces) + len(self.search.trials)
        name = self.choices.to_train(configuration).id
        self._progress.show(Standing(phase, done, done + 1, left_s, self.search.spent_j, name))


class _Charge:
    def __init__(self) -> None:
        self.energy = NOTHING


class _Lesson:
    def __init__(self) -> None:
        self.energies: list[Estimate] = []
        self.duration_s = 0.0
        self.seen = 0
        self.epochs = 0.0
        self.accuracy: float | None = None
        self.ended = ""

    @property
    def joules(self) -> float:
        """Drawn so far."""
        return math.fsum(energy.value for energy in self.energies)

    def add(self, measurement: Measurement, samples: int) -> None:
        """One window of training."""
        self.energies.append(known_energy(measurement))
        self.duration_s += measurement.duration_s
        self.seen += samples
