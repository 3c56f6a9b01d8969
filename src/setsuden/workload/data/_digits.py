"""The 8x8 digits that come with scikit-learn."""

from __future__ import annotations

import numpy as np

from setsuden.errors import MissingDependencyError
from setsuden.language import Messages
from setsuden.workload.data._dataset import Dataset, Limits, split_off_test, standardised

NAME = "digits"
ORIGIN = "UCI optical recognition of handwritten digits (Alpaydin and Kaynak 1998), as shipped with scikit-learn"
LICENCE = "CC BY 4.0"


def at_hand() -> bool:
    """Whether scikit-learn is installed; it is not imported."""
    from importlib.util import find_spec

    return find_spec("sklearn") is not None


def load_digits(limits: Limits) -> Dataset:
    """1,438 training and 359 held-out images, split by a fixed seed so that every run holds out the same."""
    try:
        from sklearn.datasets import load_digits as bundled
    except ImportError as error:
        raise MissingDependencyError("scikit-learn", "The data set digits", "data") from error
    bunch = bundled()
    images = bunch.images[:, np.newaxis].astype(np.float32)
    labels = bunch.target.astype(np.int64)
    train, test = split_off_test(len(images), seed=0)
    train = train[limits.kept_train(labels[train])]
    test = test[limits.kept_test(labels[test])]
    x_train, x_test, standardisation = standardised(images[train], images[test])
    return Dataset(
        name=NAME,
        domain="image",
        x_train=x_train,
        y_train=labels[train],
        x_test=x_test,
        y_test=labels[test],
        num_classes=10,
        classes=tuple("0123456789"),
        source=ORIGIN,
        licence=LICENCE,
        description=Messages("data", "en").say("about.digits"),
        standardisation=standardisation,
    )
