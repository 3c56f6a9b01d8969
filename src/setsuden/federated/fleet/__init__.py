"""A fleet: devices, links, grids, hours and the server, by which a federation is timed and priced.

``load`` needs pydantic and yaml; a fleet that is built from parts does not.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from setsuden.federated.fleet.device import Device, Known, known
from setsuden.federated.fleet.fleet import ALWAYS, Fleet, Group, Server, build
from setsuden.federated.fleet.hours import Profile
from setsuden.federated.fleet.link import Link, rates
from setsuden.federated.fleet.place import Place, country, hourly, steady
from setsuden.federated.fleet.world import FleetWorld, world

if TYPE_CHECKING:
    from setsuden.federated.fleet.reading import example_text, load, load_example, read

__all__ = [
    "ALWAYS",
    "Device",
    "Fleet",
    "FleetWorld",
    "Group",
    "Known",
    "Link",
    "Place",
    "Profile",
    "Server",
    "build",
    "country",
    "example_text",
    "hourly",
    "known",
    "load",
    "load_example",
    "rates",
    "read",
    "steady",
    "world",
]


def __getattr__(name: str) -> Any:
    if name in ("example_text", "load", "load_example", "read"):
        return getattr(import_module("setsuden.federated.fleet.reading"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
