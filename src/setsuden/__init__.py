"""setsuden: how much energy and carbon machine learning takes, will take, and what to do about it.

Importing this package loads nothing heavy; each name below is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from setsuden.ledger import Ledger, figures
    from setsuden.meter import Measurement, Meter, meter
    from setsuden.predict.progress import progress
    from setsuden.quantity import Boundary, Estimate, Provenance
    from setsuden.study.repeats import compare
    from setsuden.workload.profile import profile

__version__ = "0.1.0"

_HOMES = {
    "Boundary": "setsuden.quantity",
    "Estimate": "setsuden.quantity",
    "Provenance": "setsuden.quantity",
    "Ledger": "setsuden.ledger",
    "Measurement": "setsuden.meter",
    "Meter": "setsuden.meter",
    "compare": "setsuden.study.repeats",
    "figures": "setsuden.ledger",
    "meter": "setsuden.meter",
    "profile": "setsuden.workload.profile",
    "progress": "setsuden.predict.progress",
}

__all__ = [
    "Boundary",
    "Estimate",
    "Ledger",
    "Measurement",
    "Meter",
    "Provenance",
    "__version__",
    "compare",
    "figures",
    "meter",
    "profile",
    "progress",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'setsuden' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
