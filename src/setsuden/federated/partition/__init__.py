"""Who holds which training sample: evenly, by skewed labels or sizes, by shards, or by the people behind the data."""

from __future__ import annotations

from setsuden.federated.partition._even import iid, quantity_skew
from setsuden.federated.partition._labels import dirichlet, equal_lda, shards
from setsuden.federated.partition._natural import natural
from setsuden.federated.partition._partition import Partition

__all__ = ["Partition", "dirichlet", "equal_lda", "iid", "natural", "quantity_skew", "shards"]
