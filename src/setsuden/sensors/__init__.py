"""Sensors: where joules come from. ``discover()`` finds all that this machine offers, behind one small protocol."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from setsuden.startup import Uncollected

if TYPE_CHECKING:
    from setsuden.sensors.accounting import counted_channels
    from setsuden.sensors.discovery import Discovery, discover
    from setsuden.sensors.host import Clock, Files, Host, SystemClock
    from setsuden.sensors.protocol import Channel, Component, Finding, Method, Sample, Sensor, Status
    from setsuden.sensors.tally import between
    from setsuden.sensors.utilisation import Load, UtilisationProbe

_HOMES = {
    "Channel": "protocol",
    "Clock": "host",
    "Component": "protocol",
    "Discovery": "discovery",
    "Files": "host",
    "Finding": "protocol",
    "Host": "host",
    "Load": "utilisation",
    "Method": "protocol",
    "Sample": "protocol",
    "Sensor": "protocol",
    "Status": "protocol",
    "SystemClock": "host",
    "UtilisationProbe": "utilisation",
    "between": "tally",
    "counted_channels": "accounting",
    "discover": "discovery",
}

__all__ = [
    "Channel",
    "Clock",
    "Component",
    "Discovery",
    "Files",
    "Finding",
    "Host",
    "Load",
    "Method",
    "Sample",
    "Sensor",
    "Status",
    "SystemClock",
    "UtilisationProbe",
    "between",
    "counted_channels",
    "discover",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with Uncollected():
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
