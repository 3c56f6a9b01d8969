"""How long to wait, where to keep answers, whom to ask."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from setsuden.ledger.location import data_folder


def _environment() -> Mapping[str, str]:
    return os.environ


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """Everything a client needs from outside.

    deadline_s     an answer is given after at most so long, whatever the network does
    timeout_s      for one connection or one pause between bytes
    cache_s        an answer that is younger is used without asking again
    max_stale_s    a signal that ends so long before the time asked for is still extended with its last value
    folder         of the cache; None keeps none
    base_urls      by source name, in place of the public address
    secrets        tokens and passwords by the names the sources document; default: the environment
    time           seconds since 1970
    """

    deadline_s: float = 10.0
    timeout_s: float = 5.0
    cache_s: float = 900.0
    max_stale_s: float = 7200.0
    folder: Path | None = field(default_factory=lambda: data_folder() / "live")
    base_urls: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=_environment)
    time: Callable[[], float] = time.time
