"""Sensors: where joules come from. ``discover()`` finds all that this machine offers, behind one small protocol."""

from setsuden.sensors.accounting import counted_channels
from setsuden.sensors.discovery import Discovery, discover
from setsuden.sensors.host import Clock, Files, Host, SystemClock
from setsuden.sensors.protocol import Channel, Component, Finding, Method, Sample, Sensor, Status
from setsuden.sensors.tally import between
from setsuden.sensors.utilisation import Load, UtilisationProbe

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
