"""The ledger: runs, windows and samples on disk, readable whatever happened to the program that wrote them."""

from setsuden.ledger.channel import ChannelRecord, Count, energy_between, node_total
from setsuden.ledger.codec import measurement_from_json, measurement_to_json
from setsuden.ledger.location import default_path
from setsuden.ledger.measurement import ChannelEnergy, Flag, Measurement, Utilisation
from setsuden.ledger.record import Event, RunRecord, RunSummary, Series
from setsuden.ledger.store import Ledger
from setsuden.ledger.writer import RunWriter

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
    "Utilisation",
    "default_path",
    "energy_between",
    "measurement_from_json",
    "measurement_to_json",
    "node_total",
]
