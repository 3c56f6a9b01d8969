"""The workshop for real: PyTorch models of the zoo (or the user's) on a loaded data set."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np

from setsuden.errors import InputError
from setsuden.places import Declared
from setsuden.study.declaration import StudyDeclaration
from setsuden.study.plan import Configuration
from setsuden.study.record import Work
from setsuden.study.workshop import Learner, ModelFacts, Task
from setsuden.workload import data as data_sets
from setsuden.workload import zoo
from setsuden.workload._torch_state import usable_device
from setsuden.workload.data import Dataset
from setsuden.workload.factory import is_factory
from setsuden.workload.inference import InferenceSession, evaluate
from setsuden.workload.settings import InferenceConfig, Optimizer, Precision, TrainConfig
from setsuden.workload.training import TrainingSession

Seconds = Callable[[], float]
_CHUNK_S = 0.05  # closed-loop batches are served in chunks of about this long
_PLANNED_STEPS = 1_000_000_000  # a slice ends by time, not by the plan


class TorchWorkshop:
    """Models, data and loops of one study.

    seconds   the elapsed clock that ends a slice of work
    """

    def __init__(self, dataset: Dataset, seed: int, seconds: Seconds, device: str = "cpu") -> None:
        self._data = dataset
        self._seed = seed
        self._seconds = seconds
        self._device = device

    @classmethod
    def of(cls, study: StudyDeclaration, declared: Declared, seconds: Seconds) -> TorchWorkshop:
        """Load the data and check that every model and batch size can work on it; InputError says which cannot."""
        try:
            usable_device(study.device)
        except InputError as error:
            place = declared.place(("device",))
            raise InputError(error.message, place=place, value=study.device, remedy=error.remedy) from None
        choice = study.data
        try:
            dataset = data_sets.load(
                choice.name,
                root=choice.folder,
                limit_train=choice.train_limit,
                limit_test=choice.test_limit,
                seed=study.seed,
            )
        except InputError as error:
            place = declared.place(("data", "name"))
            detail = f"{error.place}: {error.message}" if error.place else error.message
            raise InputError(detail, place=place, value=error.value, remedy=error.remedy) from None
        for i, model in enumerate(study.models):
            reason = None if is_factory(model.name) else zoo.entry(model.name).refusal(
                dataset.input_shape, dataset.domain
            )  # fmt: skip
            if reason is not None:
                raise InputError(
                    f"{model.name} cannot take {dataset.name} ({'x'.join(map(str, dataset.input_shape))}): {reason}",
                    place=declared.place(("models", i, "name")),
                    value=model.name,
                    remedy="Leave this model out or choose another data set.",
                )
        for i, size in enumerate(study.batch_sizes):
            if "train" in study.phases and size > len(dataset.x_train):
                raise InputError(
                    f"{dataset.name} has only {len(dataset.x_train)} training samples here",
                    place=declared.place(("batch_sizes", i)),
                    value=size,
                    remedy="Choose a smaller batch or a larger train_limit.",
                )
        return cls(dataset, study.seed, seconds, study.device)

    @property
    def data_facts(self) -> Mapping[str, Any]:
        """The ``data`` part of the pilot document."""
        data = self._data
        return {
            "name": data.name,
            "domain": data.domain,
            "source": data.source,
            "licence": data.licence,
            "train_samples": len(data.x_train),
            "test_samples": len(data.x_test),
            "input_shape": list(data.input_shape),
            "num_classes": data.num_classes,
            "description": data.description,
        }

    @property
    def train_samples(self) -> int:
        """Samples of one epoch."""
        return len(self._data.x_train)

    def facts(self, model: str) -> ModelFacts:
        """Profile one forward and one training pass."""
        import torch

        from setsuden.workload.profile import profile

        batch = 2  # batch normalisation cannot train on one
        found = profile(self._build(model), torch.from_numpy(self._data.x_train[:batch]), train=True)
        known = None if is_factory(model) else zoo.entry(model)
        training = found.training_macs
        return ModelFacts(
            name=model,
            title=known.title if known else model,
            family=known.family if known else None,
            parameters=found.parameters,
            trainable_parameters=found.trainable_parameters,
            macs_per_sample=found.macs_per_sample if found.complete else None,
            training_macs_per_sample=training / batch if found.complete and training is not None else None,
            macs_per_parameter=found.macs_per_parameter if found.complete else None,
            activation_bytes_per_sample=found.activation_bytes_per_sample,
            parameter_bytes=found.parameter_bytes,
        )

    def task(self, configuration: Configuration, repeat: int) -> Task:
        """Make a configuration ready; requests of an open loop arrive at other moments in every repeat."""
        if configuration.phase == "train":
            return _Training(lambda: self._session(configuration), self._seconds)
        session = InferenceSession(
            self._build(configuration.model),
            self._data.x_test,
            InferenceConfig(
                batch_size=configuration.batch_size,
                precision=cast(Precision, configuration.precision),
                threads=configuration.threads,
                device=self._device,
            ),
        )
        if configuration.request_rate_per_s is not None:
            return _OpenLoop(session, configuration.request_rate_per_s, [self._seed, repeat])
        return _ClosedLoop(session, self._seconds)

    def learner(self, configuration: Configuration) -> Learner:
        """Begin a training."""
        return _Learner(self._session(configuration), self._data, configuration, self._seed, self._seconds)

    def _build(self, model: str) -> Any:
        data = self._data
        return zoo.build(
            model,
            input_shape=data.input_shape,
            num_classes=data.num_classes,
            vocabulary=data.vocabulary,
            seed=self._seed,
        )

    def _session(self, configuration: Configuration) -> TrainingSession:
        assert configuration.learning_rate is not None
        config = TrainConfig(
            optimizer=cast(Optimizer, configuration.optimizer),
            learning_rate=configuration.learning_rate,
            batch_size=configuration.batch_size,
            steps=_PLANNED_STEPS,
            precision=cast(Precision, configuration.precision),
            threads=configuration.threads,
            loader_workers=configuration.loader_workers,
            seed=self._seed,
            device=self._device,
        )
        return TrainingSession(self._build(configuration.model), self._data, config)


class _Training:
    def __init__(self, begin: Callable[[], TrainingSession], seconds: Seconds) -> None:
        self._begin = begin
        self._session = begin()
        self._seconds = seconds

    def work(self, seconds: float) -> Work:
        until = self._seconds() + seconds
        steps = samples = 0
        wait_s = 0.0
        diverged = False
        while steps == 0 or self._seconds() < until:
            done = self._session.run_steps(_PLANNED_STEPS, lambda: self._seconds() >= until)
            steps, samples, wait_s = steps + done.steps, samples + done.samples, wait_s + done.loader_seconds
            if self._session.diverged:  # start over: a step costs the same whatever the weights are
                diverged = True
                self._session.close()
                self._session = self._begin()
        return Work(samples, steps, wait_s, diverged=diverged)

    def close(self) -> None:
        self._session.close()


class _ClosedLoop:
    def __init__(self, session: InferenceSession, seconds: Seconds) -> None:
        self._session = session
        self._seconds = seconds
        self._chunk = 1

    def work(self, seconds: float) -> Work:
        until = self._seconds() + seconds
        batches = samples = 0
        latencies: list[float] = []
        while batches == 0 or self._seconds() < until:
            done = self._session.run_batches(self._chunk)
            batches, samples = batches + done.batches, samples + done.samples
            latencies += done.latencies_s.tolist()
            pace_s = done.seconds / done.batches
            left_s = max(0.0, until - self._seconds())
            self._chunk = max(1, min(self._chunk * 4, int(min(_CHUNK_S, left_s) / pace_s) if pace_s > 0 else 1))
        return Work(samples, batches, latencies_s=tuple(latencies))

    def close(self) -> None:
        pass


class _OpenLoop:
    def __init__(self, session: InferenceSession, rate_per_s: float, seeds: list[int]) -> None:
        self._session = session
        self._rate = rate_per_s
        self._random = np.random.default_rng(seeds)

    def work(self, seconds: float) -> Work:
        if seconds <= 0:
            return Work(0, 0)
        done = self._session.run_open(self._rate, seconds, seed=int(self._random.integers(2**31)))
        return Work(
            done.served,
            done.batches,
            latencies_s=tuple(done.latencies_s.tolist()),
            served_rate_per_s=done.served_rate_per_s,
        )

    def close(self) -> None:
        pass


class _Learner:
    def __init__(
        self, session: TrainingSession, data: Dataset, configuration: Configuration, seed: int, seconds: Seconds
    ) -> None:
        self._session = session
        self._seconds = seconds
        self._data = data
        self._configuration = configuration
        self._examined = np.random.default_rng(seed).permutation(len(data.x_test))

    def learn(
        self, samples: int, until_s: float, on_step: Callable[[], object] | None = None
    ) -> tuple[Work, float | None]:
        steps = max(1, math.ceil(samples / self._configuration.batch_size))

        def late() -> bool:
            if on_step is not None:
                on_step()
            return self._seconds() >= until_s

        done = self._session.run_steps(steps, late)
        work = Work(done.samples, done.steps, done.loader_seconds, diverged=self._session.diverged)
        return work, done.loss

    def examine(self, samples: int) -> tuple[int, int]:
        chosen = np.sort(self._examined[:samples])
        config = self._session.config
        result = evaluate(
            self._session.model,
            self._data.x_test[chosen],
            self._data.y_test[chosen],
            precision=config.precision,
            threads=config.threads,
            device=config.device,
        )
        return round(result.accuracy * result.samples), result.samples

    def close(self) -> None:
        self._session.close()
