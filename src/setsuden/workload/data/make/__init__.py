"""``setsuden data make``: stand-ins for data sets that cannot be had offline, made on this machine."""

from __future__ import annotations

from setsuden.workload.data.make._make import Made, Settings, make, recipes

__all__ = ["Made", "Settings", "make", "recipes"]
