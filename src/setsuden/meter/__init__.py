"""The meter: ``with setsuden.meter("train") as m:`` measures a block, windows inside it, and what idling would take.

This package is itself callable, because ``setsuden.meter`` is both its name and the name people call.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from setsuden.meter.handle import Window
from setsuden.meter.idle import IdleBaseline
from setsuden.meter.measurement import ChannelEnergy, Flag, Measurement, Utilisation
from setsuden.meter.metering import DEFAULT_RATE_HZ, Meter

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


class _CallablePackage(ModuleType):
    """Importing ``setsuden.meter`` binds the package over the exported ``meter``; called, it is the same thing."""

    def __call__(self, *args: Any, **settings: Any) -> Meter:
        return Meter(*args, **settings)


sys.modules[__name__].__class__ = _CallablePackage
