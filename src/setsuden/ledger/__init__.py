"""The ledger: runs, windows and samples on disk, readable whatever happened to the program that wrote them.

Names are imported when first used: a program that measures itself does not load what reads runs back.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from setsuden.ledger.channel import ChannelRecord, Count, energy_between, node_total
    from setsuden.ledger.location import default_path
    from setsuden.ledger.measurement import ChannelEnergy, Flag, Measurement, Utilisation
    from setsuden.ledger.measurement_json import measurement_from_json, measurement_to_json
    from setsuden.ledger.named_figures import figures
    from setsuden.ledger.once import Total
    from setsuden.ledger.record import Event, RunRecord, RunSummary
    from setsuden.ledger.series import Series
    from setsuden.ledger.store import Ledger
    from setsuden.ledger.writer import RunWriter

_HOMES = {
    "ChannelRecord": "channel",
    "Count": "channel",
    "energy_between": "channel",
    "node_total": "channel",
    "measurement_from_json": "measurement_json",
    "measurement_to_json": "measurement_json",
    "figures": "named_figures",
    "default_path": "location",
    "ChannelEnergy": "measurement",
    "Flag": "measurement",
    "Measurement": "measurement",
    "Utilisation": "measurement",
    "Event": "record",
    "RunRecord": "record",
    "RunSummary": "record",
    "Series": "series",
    "Total": "once",
    "Ledger": "store",
    "RunWriter": "writer",
}

__all__ = [
    "ChannelEnergy",
    "ChannelRecord",
    "Count",
    "Event",
    "Flag",
    "Ledger",
    "Measurement",
    "RunRecord",
    "RunSummary",
    "RunWriter",
    "Series",
    "Total",
    "Utilisation",
    "default_path",
    "energy_between",
    "figures",
    "measurement_from_json",
    "measurement_to_json",
    "node_total",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'setsuden.ledger' has no attribute {name!r}")
    return getattr(import_module(f"setsuden.ledger.{home}"), name)
