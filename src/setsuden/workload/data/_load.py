"""From a spec such as ``digits`` or ``npz:mine.npz`` to a ``Dataset``; and what is at hand on this machine."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from setsuden.errors import InputError
from setsuden.language import Messages
from setsuden.workload.data import _digits
from setsuden.workload.data._arrays import load_npz, load_own
from setsuden.workload.data._cifar import CIFAR10
from setsuden.workload.data._dataset import Dataset, Limits
from setsuden.workload.data._images import load_images
from setsuden.workload.data._mnist import FASHION_MNIST, MNIST
from setsuden.workload.data._source import Source
from setsuden.workload.data._speech import SPEECH_COMMANDS, SPEECH_COMMANDS_MFCC
from setsuden.workload.data._stand_in import labelled
from setsuden.workload.data._stand_ins import STAND_INS
from setsuden.workload.factory import is_factory
from setsuden.workload.zoo import Domain

_SOURCES: tuple[Source, ...] = (
    FASHION_MNIST,
    MNIST,
    CIFAR10,
    SPEECH_COMMANDS,
    SPEECH_COMMANDS_MFCC,
    *STAND_INS,
)
_BY_NAME = {source.name: source for source in _SOURCES}


@dataclass(frozen=True, slots=True)
class DataSetStatus:
    """Whether a named data set is at hand.

    path       the folder it would be read from; None when it is absent or ships inside a package
    searched   the folders that were looked in, in order
    how        how to get it, one sentence
    """

    name: str
    domain: Domain
    at_hand: bool
    path: str | None
    searched: tuple[str, ...]
    how: str
    licence: str
    description: str


def load(
    spec: str,
    *,
    root: str | Path | None = None,
    limit_train: int | None = None,
    limit_test: int | None = None,
    seed: int = 0,
) -> Dataset:
    """The data set ``spec`` names.

    spec          a name of ``names()``, ``images:FOLDER``, ``npz:FILE`` or ``package.module:factory``
    root          the only folder to look in for a named data set; without it $SETSUDEN_DATA, ./data and
                  where the system keeps data sets are searched
    limit_train   keep at most so many training samples, every class in its share; None keeps all
    limit_test    likewise for the held-out samples
    seed          decides which samples a limit keeps

    Raises InputError for an unknown spec, absent or damaged files; MissingDependencyError for a missing package.
    """
    limits = Limits(limit_train, limit_test, seed)
    if spec == _digits.NAME:
        return _digits.load_digits(limits)
    if spec in _BY_NAME:
        source = _BY_NAME[spec]
        folder = source.find(root)
        if folder is None:
            raise source.not_found(root)
        return labelled(source.load(folder, limits), folder)
    if spec.startswith("images:"):
        return load_images(spec.removeprefix("images:"), limits)
    if spec.startswith("npz:"):
        return load_npz(spec.removeprefix("npz:"), limits)
    if is_factory(spec):
        return load_own(spec, limits)
    near = difflib.get_close_matches(spec.lower(), names(), n=2, cutoff=0.5)
    advice = f"Did you mean {' or '.join(near)}? " if near else ""
    raise InputError(
        "no such data set",
        value=spec,
        remedy=f"{advice}Known: {', '.join(names())}; or images:FOLDER, npz:FILE, package.module:factory.",
    )


def names() -> list[str]:
    """Names of the data sets that ``load`` knows."""
    return [_digits.NAME, *_BY_NAME]


def available(root: str | Path | None = None) -> list[DataSetStatus]:
    """Every named data set and whether it is at hand; reads no data."""
    bundled = DataSetStatus(
        name=_digits.NAME,
        domain="image",
        at_hand=_digits.at_hand(),
        path=None,
        searched=(),
        how=Messages("data", "en").say("how.digits"),
        licence=_digits.LICENCE,
        description=Messages("data", "en").say("about.digits"),
    )
    return [bundled, *(_status(source, root) for source in _SOURCES)]


def _status(source: Source, root: str | Path | None) -> DataSetStatus:
    folder = source.find(root)
    return DataSetStatus(
        name=source.name,
        domain=source.domain,
        at_hand=folder is not None,
        path=None if folder is None else str(folder),
        searched=tuple(str(place) for place in source.places(root)),
        how=source.how,
        licence=source.licence,
        description=source.description,
    )
