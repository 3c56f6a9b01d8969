"""The user's own arrays: ``npz:FILE`` and ``package.module:factory``."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.workload.data._dataset import Array, Dataset, Limits, refuse_not_finite, split_off_test, standardised
from setsuden.workload.factory import call_with_known, load_factory
from setsuden.workload.zoo import DOMAINS, Domain

_SHAPES = "(n, features), (n, channels, length), (n, channels, height, width), or whole numbers (n, tokens)"


def load_npz(target: str, limits: Limits) -> Dataset:
    """Arrays ``x``, ``y`` (a fifth is held out) or ``x_train``, ``y_train``, ``x_test``, ``y_test`` of a .npz file.

    Optional: ``classes`` (names), ``domain``, ``vocabulary``. Pickled objects inside are refused.
    """
    path = Path(target).expanduser()
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise InputError("this is one array, not a .npz file", place=str(path), remedy="Use numpy.savez.")
            arrays = {key: file[key] for key in file.files}
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"cannot read this file: {error.strerror}", place=str(path)) from error
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(
            "this is no .npz file of plain arrays, or it is damaged",
            place=str(path),
            remedy="Write it with numpy.savez.",
        ) from error
    return from_arrays(f"npz:{target}", arrays, limits, source=str(path))


def load_own(spec: str, limits: Limits) -> Dataset:
    """What the user's factory returns: a ``Dataset`` as it is, or a mapping with the keys of ``load_npz``."""
    known = {"limit_train": limits.train, "limit_test": limits.test, "seed": limits.seed}
    made = call_with_known(load_factory(spec), known)
    if isinstance(made, Dataset):
        return _limited(made, limits)
    if isinstance(made, tuple) and len(made) == 4:
        made = dict(zip(("x_train", "y_train", "x_test", "y_test"), made, strict=True))
    if not isinstance(made, Mapping):
        raise InputError(
            "the factory must return a Dataset, a mapping of arrays or (x_train, y_train, x_test, y_test)",
            place=spec,
            value=type(made).__name__,
        )
    return from_arrays(spec, {str(key): np.asarray(value) for key, value in made.items()}, limits, source=spec)


def from_arrays(name: str, arrays: Mapping[str, Array], limits: Limits, *, source: str) -> Dataset:
    """A data set of plain arrays; numbers are standardised, whole-number tables (n, tokens) are taken as text."""
    x_train, y_train, x_test, y_test = _parts(name, arrays)
    domain = _domain(name, arrays, x_train)
    kept_train, kept_test = limits.kept_train(y_train), limits.kept_test(y_test)
    x_train, y_train, x_test, y_test = x_train[kept_train], y_train[kept_train], x_test[kept_test], y_test[kept_test]
    highest = int(max(y_train.max(initial=0), y_test.max(initial=0)))
    classes = tuple(str(word) for word in arrays["classes"]) if "classes" in arrays else ()
    num_classes = len(classes) or highest + 1
    vocabulary = standardisation = None
    if domain == "text":
        if x_train.dtype.kind not in "iu" or x_train.ndim != 2:
            raise InputError(
                "text must be whole numbers of the shape (n, tokens)",
                place=f"{name}: x_train",
                value=f"{x_train.dtype}, {x_train.shape}",
            )
        x_train, x_test = x_train.astype(np.int64), x_test.astype(np.int64)
        seen = int(max(x_train.max(), x_test.max())) + 1
        vocabulary = int(arrays["vocabulary"]) if "vocabulary" in arrays else seen
    else:
        x_train, x_test, standardisation = standardised(x_train, x_test)
    return Dataset(
        name=name,
        domain=domain,
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        num_classes=num_classes,
        classes=classes or tuple(str(number) for number in range(num_classes)),
        source=source,
        licence="that of your own data",
        description=f"{len(x_train)} training and {len(x_test)} held-out samples of your own",
        standardisation=standardisation,
        vocabulary=vocabulary,
    )


def _parts(name: str, arrays: Mapping[str, Array]) -> tuple[Array, NDArray[np.int64], Array, NDArray[np.int64]]:
    if {"x_train", "y_train", "x_test", "y_test"} <= arrays.keys():
        x_train, x_test = arrays["x_train"], arrays["x_test"]
        y_train, y_test = _labels(name, "y_train", arrays), _labels(name, "y_test", arrays)
    elif {"x", "y"} <= arrays.keys():
        x, y = arrays["x"], _labels(name, "y", arrays)
        _same_length(name, "x", x, y)
        train, test = split_off_test(len(x), seed=0)
        x_train, y_train, x_test, y_test = x[train], y[train], x[test], y[test]
    else:
        raise InputError(
            "needs the arrays x and y, or x_train, y_train, x_test and y_test",
            place=name,
            value=sorted(arrays),
            remedy="Name them so when saving.",
        )
    for key, x, y in (("x_train", x_train, y_train), ("x_test", x_test, y_test)):
        _same_length(name, key, x, y)
        if x.dtype.kind not in "biuf" or not 2 <= x.ndim <= 4 or 0 in x.shape:
            raise InputError(
                f"samples must be numbers of one of the shapes {_SHAPES}",
                place=f"{name}: {key}",
                value=f"{x.dtype}, {x.shape}",
            )
        refuse_not_finite(f"{name}: {key}", x)
    return x_train, y_train, x_test, y_test


def _same_length(name: str, key: str, x: Array, y: Array) -> None:
    if x.ndim == 0 or len(x) != len(y):
        raise InputError(f"{len(y)} labels for samples of the shape {x.shape}", place=f"{name}: {key}")


def _labels(name: str, key: str, arrays: Mapping[str, Array]) -> NDArray[np.int64]:
    found = arrays[key]
    if found.dtype.kind not in "iu" or found.ndim != 1:
        raise InputError(
            "labels must be one row of whole numbers", place=f"{name}: {key}", value=f"{found.dtype}, {found.shape}"
        )
    return found.astype(np.int64)


def _domain(name: str, arrays: Mapping[str, Array], x: Array) -> Domain:
    if "domain" in arrays:
        given = str(arrays["domain"])
        if given not in DOMAINS:
            raise InputError(
                "unknown domain", place=f"{name}: domain", value=given, remedy=f"Use one of: {', '.join(DOMAINS)}."
            )
        return given
    if x.ndim == 2:
        return "text" if x.dtype.kind in "iu" and x.dtype.itemsize > 1 else "tabular"
    return "audio" if x.ndim == 3 else "image"


def _limited(made: Dataset, limits: Limits) -> Dataset:
    kept_train, kept_test = limits.kept_train(made.y_train), limits.kept_test(made.y_test)
    return replace(
        made,
        x_train=made.x_train[kept_train],
        y_train=made.y_train[kept_train],
        x_test=made.x_test[kept_test],
        y_test=made.y_test[kept_test],
        groups_train=None if made.groups_train is None else made.groups_train[kept_train],
    )
