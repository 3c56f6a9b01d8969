"""Meters against the end of their process: forks leave them inert, a normal exit closes them."""

from __future__ import annotations

import atexit
import os
import sys
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setsuden.meter.metering import Meter

_open: weakref.WeakSet[Meter] = weakref.WeakSet()
# A forked child must neither use nor close the parent's database connection: what it inherits stays referenced here.
_inherited: list[Meter] = []


def opened(meter: Meter) -> None:
    """Keep an eye on a meter that has started."""
    _open.add(meter)


def running() -> list[Meter]:
    """Meters of this process that measure now."""
    return list(_open)


def closed(meter: Meter) -> None:
    """It has stopped."""
    _open.discard(meter)


def _after_fork_in_child() -> None:
    _inherited.extend(_open)
    _open.clear()


def _at_exit() -> None:
    # 3.12 names the exception that ends the interpreter last_exc, 3.11 last_value.
    error = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    for meter in list(_open):
        meter.stop(error)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
atexit.register(_at_exit)
