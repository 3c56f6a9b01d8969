"""Facts with source, year, licence and basis: grids, data centres, processors, memory, networks, embodied, prices.

    from setsuden import catalogue
    catalogue.grid.intensity("JP").estimate()
    catalogue.processors.match_cpu("Intel(R) Xeon(R) Platinum 8175M CPU @ 2.50GHz")

Nothing is read from disk before it is asked for; each table is read once, in milliseconds.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import setsuden.catalogue.devices as devices
    import setsuden.catalogue.embodied as embodied
    import setsuden.catalogue.equivalences as equivalences
    import setsuden.catalogue.everything as everything
    import setsuden.catalogue.evidence as evidence
    import setsuden.catalogue.grid as grid
    import setsuden.catalogue.hourly as hourly
    import setsuden.catalogue.memory as memory
    import setsuden.catalogue.network as network
    import setsuden.catalogue.power_curves as power_curves
    import setsuden.catalogue.prices as prices
    import setsuden.catalogue.processors as processors
    import setsuden.catalogue.search as search
    import setsuden.catalogue.sites as sites
    import setsuden.catalogue.uncertainty as uncertainty

__all__ = [
    "devices",
    "embodied",
    "equivalences",
    "everything",
    "evidence",
    "grid",
    "hourly",
    "memory",
    "network",
    "power_curves",
    "prices",
    "processors",
    "search",
    "sites",
    "uncertainty",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
