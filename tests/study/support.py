"""A study without torch, time or hardware: a fake clock that work moves on, a sensor of known watts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from setsuden.errors import InputError
from setsuden.ledger import Ledger
from setsuden.meter.load import LoadProbe
from setsuden.places import Declared
from setsuden.sensors import Discovery
from setsuden.sensors.limits import Limits
from setsuden.sensors.machine import Machine
from setsuden.study import Surroundings, checked, parse_yaml, run_pilot
from setsuden.study.declaration import StudyDeclaration
from setsuden.study.plan import Configuration
from setsuden.study.record import Work
from setsuden.study.vocabulary import Vocabulary
from setsuden.study.workshop import ModelFacts
from setsuden.testing import FakeClock, FakeSensor, fake_channel

MODELS = {"small": 1e-3, "large": 4e-3, "giant": 0.1}  # seconds per sample of training; inference takes a quarter
TRAIN_SAMPLES = 1000

STUDY = """\
name: fake
data: toy
models: [small, large]
batch_sizes: [10, 20]
threads: [1]
measure: {minutes: 2, window_s: 1.0, warmup_s: 0.1, idle_s: 1}
quality: {epochs: 1, points: 2, test_samples: 100}
question: {epochs: 5, requests: 1000}
"""


def _known(allowed: Mapping[str, object], kind: str) -> Callable[[str], str]:
    def lookup(name: str) -> str:
        if name not in allowed:
            raise InputError(f"no such {kind}", value=name, remedy=f"Known: {', '.join(allowed)}.")
        return name

    return lookup


def vocabulary() -> Vocabulary:
    return Vocabulary(
        model=_known(MODELS, "model"),
        data_set=_known({"toy": 1}, "data set"),
        site=_known({"DE": 1}, "site"),
        optimizers=("sgd", "adam"),
        precisions=("fp32", "bf16"),
        cores=4,
        default_models=lambda data_set, folder: tuple(MODELS),
        default_data="toy",
    )


def declared_study(text: str = STUDY) -> tuple[StudyDeclaration, Declared]:
    declared = parse_yaml(text, "pilot.yaml")
    return checked(declared, vocabulary()), declared


@dataclass
class FakeLab:
    """Everything a study stands on.

    noise       factor on the seconds of the n-th window's samples, cycled; 1 is no noise
    starts_up_s seconds that the first training of all takes besides
    fail_after  raise KeyboardInterrupt when so many windows have been worked (warm-ups not counted)
    """

    watts: float = 20.0
    idle_w: float = 5.0
    noise: tuple[float, ...] = (1.0,)
    fail_after: int | None = None
    relative_error: float = 0.0
    served: int | None = None
    accuracy: Callable[[Configuration, int], float] = lambda configuration, seen: min(0.9, 0.5 + seen / 4000)
    clock: FakeClock = field(default_factory=FakeClock)
    visited: list[str] = field(default_factory=list)
    windows: int = 0
    starts_up_s: float = 0.0
    probe: LoadProbe | None = None

    def __post_init__(self) -> None:
        self.sensor = FakeSensor(self.clock, {"fake/cpu": self.idle_w}, (self._channel(),))

    def _channel(self) -> Any:
        return fake_channel("fake/cpu", relative_error=self.relative_error, update_interval_s=0.0)

    def surroundings(self) -> Surroundings:
        machine = Machine("Fake CPU", "Fake", None, None, 1, 4, 4, False, 8 * 2**30)
        found = Discovery((self.sensor,), (), frozenset({"fake/cpu"}), machine, Limits(), None)
        return Surroundings(
            self.clock, lambda clock: found, lambda *_: FakeWorkshop(self), self.clock.advance, 0.0,
            probe=lambda *_: self.probe,
        )  # fmt: skip

    def run(self, text: str = STUDY, ledger: Path | None = None, **settings: Any) -> dict[str, Any]:
        study, declared = declared_study(text)
        with Ledger.open(ledger) as opened:
            return run_pilot(study, declared, opened, surroundings=self.surroundings(), **settings)

    def start_up(self) -> None:
        """The first training pays it, whatever it trains."""
        seconds, self.starts_up_s = self.starts_up_s, 0.0
        if seconds:
            self.busy(seconds)

    def busy(self, seconds: float) -> None:
        """Let time pass at working watts."""
        self.sensor.read()
        self.sensor.watts["fake/cpu"] = self.watts
        self.clock.advance(seconds)
        self.sensor.read()
        self.sensor.watts["fake/cpu"] = self.idle_w


class FakeWorkshop:
    data_facts: Mapping[str, Any] = {
        "name": "toy", "domain": "image", "source": "made up", "licence": "none", "train_samples": TRAIN_SAMPLES,
        "test_samples": 200, "input_shape": [1, 8, 8], "num_classes": 10, "description": "Nothing.",
    }  # fmt: skip
    train_samples = TRAIN_SAMPLES

    def __init__(self, lab: FakeLab) -> None:
        self.lab = lab

    def facts(self, model: str) -> ModelFacts:
        self.lab.busy(0.01)
        return ModelFacts(model, model.title(), "fake", 1000, 1000, 5e4, 1.5e5, 50.0, 400.0, 4000)

    def task(self, configuration: Configuration, repeat: int) -> FakeTask:
        return FakeTask(self.lab, configuration)

    def learner(self, configuration: Configuration) -> FakeLearner:
        return FakeLearner(self.lab, configuration)


class FakeTask:
    def __init__(self, lab: FakeLab, configuration: Configuration) -> None:
        self.lab, self.configuration, self.warm = lab, configuration, False

    def work(self, seconds: float) -> Work:
        lab, configuration = self.lab, self.configuration
        lab.start_up()
        pace_s = MODELS[configuration.model] / (4 if configuration.phase == "infer" else 1)
        factor = 1.0
        if self.warm:
            lab.visited.append(configuration.id)
            factor = lab.noise[lab.windows % len(lab.noise)]
            lab.windows += 1
            if lab.fail_after is not None and lab.windows > lab.fail_after:
                raise KeyboardInterrupt
        self.warm = True
        step_s = pace_s * configuration.batch_size * factor
        steps = max(1, round(seconds / step_s))
        lab.busy(steps * step_s)
        samples = steps * configuration.batch_size if lab.served is None else lab.served
        latencies = (step_s,) * steps if configuration.phase == "infer" else ()
        rate = configuration.request_rate_per_s
        return Work(samples, steps, 0.0, latencies, samples / (steps * step_s) if rate else None)

    def close(self) -> None:
        pass


class FakeLearner:
    def __init__(self, lab: FakeLab, configuration: Configuration) -> None:
        self.lab, self.configuration, self.seen = lab, configuration, 0

    def learn(
        self, samples: int, until_s: float, on_step: Callable[[], object] | None = None
    ) -> tuple[Work, float | None]:
        self.lab.start_up()
        size = self.configuration.batch_size
        affordable = (until_s - self.lab.clock.elapsed()) / (size * MODELS[self.configuration.model])
        steps = max(1, min(-(-samples // size), int(min(affordable, 1e9))))
        for _ in range(steps):
            self.lab.busy(size * MODELS[self.configuration.model])
            if on_step is not None:
                on_step()
        self.seen += steps * size
        return Work(steps * size, steps), 1.0

    def examine(self, samples: int) -> tuple[int, int]:
        tested = min(samples, 200)
        return round(self.lab.accuracy(self.configuration, self.seen) * tested), tested

    def close(self) -> None:
        pass
