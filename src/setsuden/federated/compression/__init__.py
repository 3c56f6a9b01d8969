"""What is sent instead of float32: fewer entries, fewer bits or a smaller model; the bytes are really encoded."""

from __future__ import annotations

from setsuden.federated.compression.base import Compression, Encoded, Plain
from setsuden.federated.compression.quantise import Quantise
from setsuden.federated.compression.sparse import TopK
from setsuden.federated.compression.structured import SubModel

__all__ = ["Compression", "Encoded", "Plain", "Quantise", "SubModel", "TopK"]
