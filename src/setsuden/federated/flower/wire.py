"""Our messages as Flower's records: encoded bytes as they are, and the few numbers that belong to a turn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from flwr.app import Array, ArrayRecord
from numpy.typing import NDArray

from setsuden.federated.compression import Encoded, Plain

MODEL, UPDATE, CONTROL = "model", "update", "control"
TURN, RESULT, SCORE, TELL = "turn", "result", "score", "message"
_STYPE = "setsuden.encoded"


def packed(parts: Mapping[str, Encoded]) -> ArrayRecord:
    """Encoded vectors under their names."""
    return ArrayRecord(
        {name: Array(dtype="uint8", shape=(part.nbytes,), stype=_STYPE, data=part.data) for name, part in parts.items()}
    )


def unpacked(record: ArrayRecord) -> dict[str, Encoded]:
    """The inverse of ``packed``."""
    return {name: Encoded(array.data) for name, array in record.items()}


def plain(vector: NDArray[np.float32]) -> Encoded:
    """float32 as it is."""
    return Plain().encode(vector, np.random.default_rng(0))


def vector(message: Encoded) -> NDArray[np.float32]:
    """The inverse of ``plain``."""
    return Plain().decode(message)
