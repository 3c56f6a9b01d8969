"""Running a study: profiles, measured windows in random order until the rule is met or the budget spent, trainings."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from setsuden.language import Language
from setsuden.ledger import Flag, Measurement
from setsuden.meter import Meter
from setsuden.study.budget import Budget
from setsuden.study.codes import NOTHING_SERVED
from setsuden.study.declaration import StudyDeclaration
from setsuden.study.findings import Findings
from setsuden.study.learning import Lessons
from setsuden.study.plan import Configuration, configurations, visiting_order
from setsuden.study.progress import Progress, Standing
from setsuden.study.record import Work, known_energy, repeat_of
from setsuden.study.stopping import Stop, StoppingRule
from setsuden.study.store import StudyStore
from setsuden.study.workshop import Task, Workshop

LEAST_REQUESTS = 30  # an open-loop window lasts long enough for so many requests
SHORTENED_ROUNDS = 2
"""Windows are made shorter only to fit so many rounds into the budget: two full windows say more of a configuration
than three that a sensor can hardly tell apart, and one configuration lends its scatter to another."""


class Runner:
    """Runs one study inside a running meter.

    seconds   the elapsed clock of the meter
    """

    def __init__(
        self,
        study: StudyDeclaration,
        workshop: Workshop,
        meter: Meter,
        store: StudyStore,
        findings: Findings,
        budget: Budget,
        seconds: Callable[[], float],
        progress: Progress,
    ) -> None:
        self.study = study
        self.plan = configurations(study)
        self.rule = StoppingRule.of(study.measure, study.protocol)
        self.findings = findings
        self.workshop = workshop
        self.meter = meter
        self.budget = budget
        self._store = store
        self._seconds = seconds
        self._progress = progress
        self._overheads_s: dict[str, float] = {}
        self.marks: list[tuple[float, str]] = []

    def run(self) -> None:
        """Everything between the two idle baselines."""
        self._profile()
        self._measure()
        if "train" in self.study.phases and self.study.quality.time_share > 0:
            Lessons(self).hold()
            self._spend_the_rest()

    # -- steps

    def _profile(self) -> None:
        names = [model.name for model in self.study.models]
        for done, name in enumerate(names):
            if name not in self.findings.models:
                self.show("profile", done, len(names), name)
                with self.charged("profile", model=name):
                    facts = self.workshop.facts(name)
                self.findings.models[name] = facts
                self._store.keep_model(facts)

    def _measure(self) -> None:
        for round_ in count():
            waiting = [c for c in visiting_order(self.plan, self.study.seed, round_) if not self._settled(c)]
            if not waiting:
                return
            for configuration in waiting:
                if len(self.findings.of(configuration.id)) > round_:
                    continue  # measured before the interruption
                stop = self.budget.spent(self.findings.spent_j)
                if stop is not None:
                    self._stop_rest(stop)
                    return
                if self._least_s(configuration) > self.budget.measuring_left_s:
                    self.findings.stops[configuration.id] = Stop.TIME
                    continue
                self._repeat(configuration, round_)

    def _spend_the_rest(self) -> None:
        """What the trainings did not need goes into further windows of what was cut short."""
        self.budget.release()
        short = (Stop.TIME, Stop.ENERGY)
        for name in [name for name, stop in self.findings.stops.items() if stop in short]:
            del self.findings.stops[name]
        self._measure()

    def _settled(self, configuration: Configuration) -> bool:
        if configuration.id in self.findings.stops:
            return True
        stop = self.rule.verdict(*self.findings.joules_and_samples(configuration.id))
        if stop is not None:
            self.findings.stops[configuration.id] = stop
        return stop is not None

    def _least_s(self, configuration: Configuration) -> float:
        """What one more repeat takes at least, from the last one: set-up, warm-up and one step; 0 before the first.

        After the rounds that may be shortened, a whole window.
        """
        repeats = self.findings.of(configuration.id)
        if not repeats:
            return 0.0
        step_s = repeats[-1].seconds_per_sample * configuration.batch_size
        window_s = 0.0 if len(repeats) < SHORTENED_ROUNDS else self.study.measure.window_s
        return self._overheads_s.get(configuration.id, 0.0) + max(step_s, window_s)

    def _stop_rest(self, stop: Stop) -> None:
        for configuration in self.plan:
            if not self._settled(configuration):
                self.findings.stops[configuration.id] = stop

    def _windows_demanded(self, rounds: int) -> int:
        """Windows still missing until every configuration has so many."""
        return sum(
            max(0, rounds - len(self.findings.of(configuration.id)))
            for configuration in self.plan
            if configuration.id not in self.findings.stops
        )

    def _repeat(self, configuration: Configuration, repeat: int) -> None:
        demanded = self._windows_demanded(self.rule.repeats)
        self.show("measure", self.findings.windows, self.findings.windows + max(1, demanded), configuration.id)
        at_s, before_j = self.budget.elapsed_s, self.findings.spent_j
        attributes = self._attributes(configuration)
        with self.charged(f"{configuration.id}#{repeat}", **attributes):
            task = self.workshop.task(configuration, repeat)
            try:
                began_s = self._seconds()
                task.work(self.study.measure.warmup_s)
                warmup_s = self._seconds() - began_s
                asked_s = self._window_s(configuration)
                measurement, work = self._window(task, asked_s, {**attributes, "repeat": repeat})
            finally:
                task.close()
        self.budget.dearest_j = max(self.budget.dearest_j, self.findings.spent_j - before_j)
        self._overheads_s[configuration.id] = self.budget.elapsed_s - at_s - measurement.duration_s
        if work.samples == 0:
            detail = f"{configuration.id}: no request was served within {measurement.duration_s:.3g} s."
            self.findings.flags.append(Flag(NOTHING_SERVED, detail))
            self.findings.stops[configuration.id] = Stop.SAMPLES
            return
        found = repeat_of(
            measurement,
            work,
            configuration=configuration.id,
            repeat=repeat,
            order=self.findings.windows,
            run_id=self.meter.run_id or "",
            at_s=at_s,
            warmup_s=warmup_s,
            energy=known_energy(measurement),
        )
        self.findings.repeats.setdefault(configuration.id, []).append(found)
        self._store.keep_repeat(found)
        self._store.keep_spent(self.findings)

    def _window_s(self, configuration: Configuration) -> float:
        asked_s = self.study.measure.window_s
        if configuration.request_rate_per_s is not None:
            asked_s = max(asked_s, LEAST_REQUESTS / configuration.request_rate_per_s)
        if self.study.protocol == "mlperf-like":
            return asked_s
        known = list(self._overheads_s.values())
        overhead_s = sum(known) / len(known) if known else self.study.measure.warmup_s
        rounds = min(SHORTENED_ROUNDS, self.rule.repeats)
        return self.budget.window_s(asked_s, overhead_s, self._windows_demanded(rounds))

    def _window(self, task: Task, seconds: float, attributes: dict[str, object]) -> tuple[Measurement, Work]:
        with self.meter.window("measure", **attributes) as window:
            work = task.work(seconds)
            window.annotate(samples=work.samples, steps=work.steps, loader_s=work.loader_wait_s)
        assert window.measurement is not None
        return window.measurement, work

    # -- shared with the trainings for accuracy

    @contextmanager
    def charged(self, name: str, **attributes: object) -> Iterator[None]:
        """A window whose energy and time are charged to the study's budget, whatever happens inside."""
        window_id = self.meter.begin(name, **attributes)
        try:
            yield
        finally:
            measurement = self.meter.end(window_id)
            self.findings.spent_j += measurement.energy.value if measurement.energy is not None else 0.0
            self.findings.spent_s = self.budget.elapsed_s

    @property
    def language(self) -> Language:
        """Of what the user is shown."""
        return self._progress.language

    def show(self, phase: str, done: int, total: int, current: str) -> None:
        """Tell the user where the study stands."""
        if not self.marks or self.marks[-1][1] != phase:
            self.marks.append((self._seconds(), phase))
        left_s = None if math.isinf(self.budget.total_s) else self.budget.left_s
        self._progress.show(Standing(phase, done, total, left_s, self.findings.spent_j, current))

    def keep_quality(self) -> None:
        """Keep the newest training in the ledger."""
        self._store.keep_quality(self.findings.qualities[-1])
        self._store.keep_spent(self.findings)

    def _attributes(self, configuration: Configuration) -> dict[str, object]:
        facts = self.findings.models.get(configuration.model)
        return {
            "configuration": configuration.id,
            "model": configuration.model,
            "phase": configuration.phase,
            "batch_size": configuration.batch_size,
            "macs": facts.macs_per_sample if facts else None,
            "parameters": facts.parameters if facts else None,
        }
