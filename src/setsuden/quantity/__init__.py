"""Quantities: every number a user sees, with interval, unit, provenance and boundary."""

from setsuden.quantity.boundary import DEVICE, FACILITY, NODE, Boundary, Scope
from setsuden.quantity.estimate import Estimate, merged_factors, total
from setsuden.quantity.factor import Factor
from setsuden.quantity.provenance import Provenance, weakest
from setsuden.quantity.render import render, significant
from setsuden.quantity.units import Unit, unit

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
