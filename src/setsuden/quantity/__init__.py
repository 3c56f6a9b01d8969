"""Quantities: every number a user sees, with interval, unit, provenance and boundary.

Names are imported when first used: a meter that starts needs a boundary, not yet the arithmetic.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from setsuden.quantity.boundary import DEVICE, FACILITY, NODE, Boundary, Scope
    from setsuden.quantity.estimate import Estimate, merged_factors, total
    from setsuden.quantity.factor import Factor
    from setsuden.quantity.provenance import Provenance, weakest
    from setsuden.quantity.rendering import render, significant
    from setsuden.quantity.units import Unit, unit

_HOMES = {
    "Boundary": "boundary",
    "DEVICE": "boundary",
    "Estimate": "estimate",
    "FACILITY": "boundary",
    "Factor": "factor",
    "NODE": "boundary",
    "Provenance": "provenance",
    "Scope": "boundary",
    "Unit": "units",
    "merged_factors": "estimate",
    "render": "rendering",
    "significant": "rendering",
    "total": "estimate",
    "unit": "units",
    "weakest": "provenance",
}

__all__ = [
    "DEVICE",
    "FACILITY",
    "NODE",
    "Boundary",
    "Estimate",
    "Factor",
    "Provenance",
    "Scope",
    "Unit",
    "merged_factors",
    "render",
    "significant",
    "total",
    "unit",
    "weakest",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'setsuden.quantity' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"setsuden.quantity.{home}"), name)
    return found
