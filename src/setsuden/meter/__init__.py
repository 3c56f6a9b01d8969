"""The meter: ``with setsuden.meter("train") as m:`` measures a block, windows inside it, and what idling would take.

This package is itself callable, because ``setsuden.meter`` is both its name and the name people call. Other names are
imported when first used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from setsuden.startup import Uncollected

with Uncollected():
    from setsuden.meter.background import DEFAULT_RATE_HZ
    from setsuden.meter.metering import Meter

if TYPE_CHECKING:
    from setsuden.ledger.measurement import ChannelEnergy, Flag, Measurement, Utilisation
    from setsuden.meter.handle import Window
    from setsuden.meter.idle import IdleBaseline

_HOMES = {
    "ChannelEnergy": "setsuden.ledger.measurement",
    "Flag": "setsuden.ledger.measurement",
    "IdleBaseline": "setsuden.meter.idle",
    "Measurement": "setsuden.ledger.measurement",
    "Utilisation": "setsuden.ledger.measurement",
    "Window": "setsuden.meter.handle",
}

__all__ = [
    "DEFAULT_RATE_HZ",
    "ChannelEnergy",
    "Flag",
    "IdleBaseline",
    "Measurement",
    "Meter",
    "Utilisation",
    "Window",
    "meter",
]

meter = Meter


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'setsuden.meter' has no attribute {name!r}")
    return getattr(import_module(home), name)


class _CallablePackage(ModuleType):
    """Importing ``setsuden.meter`` binds the package over the exported ``meter``; called, it is the same thing."""

    def __call__(self, *args: Any, **settings: Any) -> Meter:
        return Meter(*args, **settings)


sys.modules[__name__].__class__ = _CallablePackage
