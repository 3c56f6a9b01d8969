"""What a data set is, and how a loader turns raw arrays into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.workload.zoo import DOMAINS, Domain

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Standardisation:
    """What was subtracted and divided by, one figure per channel, in the units of the raw data.

    mean, deviation   of the training samples that were kept; a channel that never varies has deviation 1
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A classification task, split into training and held-out samples.

    x_train, x_test   (samples, *input_shape); float32, standardised; or int64 tokens (text, 0 is padding)
    y_train, y_test   (samples,), int64 labels 0 .. num_classes - 1
    classes           names of the classes in label order
    standardisation   None when the values are as they came
    vocabulary        number of distinct tokens, text only
    groups_train      (training samples,): who each came from, such as its speaker; None where that is not known
    stand_in          generated or replaced data: no accuracy or round count on it is a published task's
    """

    name: str
    domain: Domain
    x_train: Array
    y_train: NDArray[np.int64]
    x_test: Array
    y_test: NDArray[np.int64]
    num_classes: int
    classes: tuple[str, ...]
    source: str
    licence: str
    description: str
    standardisation: Standardisation | None = None
    vocabulary: int | None = None
    groups_train: NDArray[np.str_] | None = None
    stand_in: bool = False

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Of one sample, without the batch."""
        return tuple(self.x_train.shape[1:])

    def __post_init__(self) -> None:
        if self.domain not in DOMAINS:
            raise InputError(
                "unknown domain", place=self.name, value=self.domain, remedy=f"Use one of: {', '.join(DOMAINS)}."
            )
        for part, x, y in (("train", self.x_train, self.y_train), ("test", self.x_test, self.y_test)):
            self._check(part, x, y)
        if self.groups_train is not None and self.groups_train.shape != self.y_train.shape:
            raise InputError(
                f"{len(self.y_train)} training samples need one group each",
                place=f"{self.name}: groups_train",
                value=self.groups_train.shape,
            )
        if self.x_train.shape[1:] != self.x_test.shape[1:]:
            raise InputError(
                f"training samples have the shape {self.x_train.shape[1:]}, test samples {self.x_test.shape[1:]}",
                place=self.name,
                remedy="Give both the same shape.",
            )

    def _check(self, part: str, x: Array, y: NDArray[np.int64]) -> None:
        place = f"{self.name}: {part} part"
        if len(x) == 0:
            raise InputError("there are no samples", place=place, remedy="Give at least one.")
        if y.shape != (len(x),):
            raise InputError(
                f"{len(x)} samples need {len(x)} labels", place=place, value=y.shape, remedy="Give one label a sample."
            )
        if int(y.min()) < 0 or int(y.max()) >= self.num_classes:
            wrong = int(np.flatnonzero((y < 0) | (y >= self.num_classes))[0])
            raise InputError(
                f"label of sample {wrong} is outside 0 .. {self.num_classes - 1}",
                place=place,
                value=int(y[wrong]),
                remedy="Number the classes from 0.",
            )
        refuse_not_finite(place, x)
        wanted = np.dtype(np.int64 if self.domain == "text" else np.float32)
        for what, array, kind in (("samples", x, wanted), ("labels", y, np.dtype(np.int64))):
            if array.dtype != kind:
                raise InputError(
                    f"{what} must be {kind}",
                    place=place,
                    value=str(array.dtype),
                    remedy=f"Convert them with .astype('{kind}').",
                )
        if self.domain == "text" and (x.min() < 0 or self.vocabulary is None or x.max() >= self.vocabulary):
            raise InputError(
                f"tokens must lie in 0 .. vocabulary - 1 (vocabulary {self.vocabulary})",
                place=place,
                value=[int(x.min()), int(x.max())],
                remedy="Give the vocabulary size that covers them.",
            )


def refuse_not_finite(place: str, x: Array) -> None:
    """InputError with the number of the first sample that holds a NaN or an infinity."""
    if x.dtype.kind != "f" or np.isfinite(x).all():
        return
    wrong = int(np.flatnonzero(~np.isfinite(x.reshape(len(x), -1)).all(axis=1))[0])
    raise InputError(
        f"sample {wrong} holds a value that is not a number or infinite", place=place, remedy="Remove or replace it."
    )


@dataclass(frozen=True, slots=True)
class Limits:
    """How many samples of each part to keep; None keeps all. Kept samples follow from ``seed`` alone."""

    train: int | None = None
    test: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for place, value in (("limit_train", self.train), ("limit_test", self.test)):
            if value is not None and value < 1:
                raise InputError("must be at least 1", place=place, value=value, remedy="Leave it out to keep all.")

    def kept_train(self, labels: Array) -> NDArray[np.intp]:
        """Rising indices of the training samples to keep."""
        return _spread(labels, self.train, self.seed)

    def kept_test(self, labels: Array) -> NDArray[np.intp]:
        """Rising indices of the held-out samples to keep."""
        return _spread(labels, self.test, self.seed + 1)


def _spread(labels: Array, limit: int | None, seed: int) -> NDArray[np.intp]:
    """A random part with every class in its share (to within one sample)."""
    if limit is None or limit >= len(labels):
        return np.arange(len(labels))
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    position = np.empty(len(labels))
    for label in np.unique(labels):
        members = shuffled[labels[shuffled] == label]
        position[members] = (np.arange(len(members)) + 0.5) / len(members)
    order = shuffled[np.argsort(position[shuffled], kind="stable")]
    return np.sort(order[:limit])


def standardised(train: Array, test: Array) -> tuple[NDArray[np.float32], NDArray[np.float32], Standardisation]:
    """Both parts as float32 with mean 0 and deviation 1 per channel (axis 1) over the training part.

    A two-dimensional table is standardised per column. Sums are taken in float64.
    """
    axes = (0, *range(2, train.ndim))
    mean = train.mean(axis=axes, dtype=np.float64)
    deviation = train.std(axis=axes, dtype=np.float64)
    deviation[deviation == 0] = 1.0
    shape = (1, -1, *([1] * (train.ndim - 2)))
    shift, scale = (figure.reshape(shape).astype(np.float32) for figure in (mean, 1.0 / deviation))

    def apply(part: Array) -> NDArray[np.float32]:
        out = part.astype(np.float32)
        out -= shift
        out *= scale
        return np.ascontiguousarray(out)

    return apply(train), apply(test), Standardisation(_floats(mean), _floats(deviation))


def _floats(values: Sequence[float] | Array) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def split_off_test(count: int, seed: int, share: float = 0.2) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of a seeded training and test part of ``count`` samples; at least one in each when count > 1."""
    shuffled = np.random.default_rng(seed).permutation(count)
    tested = min(max(1, round(share * count)), count - 1) if count > 1 else 0
    return np.sort(shuffled[tested:]), np.sort(shuffled[:tested])
