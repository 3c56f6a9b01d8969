"""Meters against the end of their process: forks leave them inert, a normal exit closes them."""

from __future__ import annotations

import atexit
import os
import sys
import weakref
from collections.abc import Callable
from threading import get_ident
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setsuden.meter.metering import Meter

# With the error that had been shown last when the meter started: in a notebook, a cell that failed before is no reason.
_open: weakref.WeakKeyDictionary[Meter, BaseException | None] = weakref.WeakKeyDictionary()
# A forked child must neither use nor close the parent's database connection: what it inherits stays referenced here.
_inherited: list[Meter] = []
# By the thread that forks, what lets the meters' threads go on afterwards.
_held: dict[int, list[Callable[[], None]]] = {}


def opened(meter: Meter) -> None:
    """Keep an eye on a meter that has started."""
    _open[meter] = _last_error()


def running() -> list[Meter]:
    """Meters of this process that measure now."""
    return list(_open)


def closed(meter: Meter) -> None:
    """It has stopped."""
    _open.pop(meter, None)


def _before_fork() -> None:
    held = _held.setdefault(get_ident(), [])
    for meter in list(_open):
        held.append(meter.before_fork())


def _after_fork() -> None:
    for release in _held.pop(get_ident(), ()):
        release()


def _after_fork_in_child() -> None:
    _inherited.extend(_open)
    _open.clear()
    _held.clear()


def _last_error() -> BaseException | None:
    # 3.12 names the exception that ends the interpreter last_exc, 3.11 last_value.
    return getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)


def _at_exit() -> None:
    error = _last_error()
    fault: Exception | None = None
    for meter, before in list(_open.items()):
        try:
            meter.stop(None if error is before else error)
        except Exception as raised:  # must not keep the others open: they would count as cut off
            fault = fault or raised
    if fault is not None:
        raise fault


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child)
atexit.register(_at_exit)
