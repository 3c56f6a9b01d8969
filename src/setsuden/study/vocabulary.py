"""The names a study may use on this machine: models, data sets, optimisers, precisions, sites, cores."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from setsuden.errors import InputError

# Of these the first that can take the data make up a study that names no models: small ones, of different families.
CANDIDATES = (
    "logistic", "mlp", "lenet", "small-cnn", "depthwise-cnn", "resnet-20", "m5", "ds-cnn-1d", "lstm", "transformer",
)  # fmt: skip
DEFAULT_COUNT = 5
# Shapes that need no look at the files.
_SHAPES: dict[str, tuple[int, ...]] = {
    "digits": (1, 8, 8),
    "mnist": (1, 28, 28),
    "fashion-mnist": (1, 28, 28),
    "cifar10": (3, 32, 32),
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What is known; each lookup returns the proper name or raises InputError with a remedy.

    default_models   of a study that names none, in order, for a data set and the folder it is looked for in
    default_data     the first real data set at hand
    """

    model: Callable[[str], str]
    data_set: Callable[[str], str]
    site: Callable[[str], str]
    optimizers: tuple[str, ...]
    precisions: tuple[str, ...]
    cores: int
    default_models: Callable[[str, str | None], tuple[str, ...]]
    default_data: str


def default_vocabulary() -> Vocabulary:
    """What this installation and this machine offer; imports no torch."""
    from setsuden.workload.settings import OPTIMIZERS, PRECISIONS

    return Vocabulary(
        _model,
        _data_set,
        _site,
        tuple(OPTIMIZERS),
        tuple(PRECISIONS),
        cores_offered(),
        _fitting_models,
        _data_at_hand(),
    )


def cores_offered() -> int:
    """Cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _model(name: str) -> str:
    from setsuden.workload import zoo
    from setsuden.workload.factory import is_factory

    return name if is_factory(name) else zoo.entry(name).name


def _data_set(name: str) -> str:
    from setsuden.workload import data
    from setsuden.workload.factory import is_factory

    if name in data.names() or is_factory(name) or name.startswith(("images:", "npz:")):
        return name
    from setsuden.parsing import near

    raise InputError("no such data set", value=name, remedy=near(name, data.names()))


def _data_at_hand() -> str:
    from setsuden.workload import data

    at_hand = {status.name for status in data.available() if status.at_hand}
    return "fashion-mnist" if "fashion-mnist" in at_hand else "digits"


def _site(code: str) -> str:
    from setsuden.catalogue import grid

    return grid.intensity(code).site


def _fitting_models(data_set: str, folder: str | None) -> tuple[str, ...]:
    """The first candidates that can take the samples; the data are read when their shape is not known by name."""
    from setsuden.workload import data, zoo

    domain: zoo.Domain = "image"
    shape = _SHAPES.get(data_set)
    if shape is None:
        sample = data.load(data_set, root=folder, limit_train=10, limit_test=10)
        shape, domain = sample.input_shape, sample.domain
    fitting = [
        name
        for name in CANDIDATES
        if zoo.entry(name).domain in (domain, "tabular") and zoo.entry(name).refusal(shape, domain) is None
    ]
    return tuple(fitting[:DEFAULT_COUNT])
