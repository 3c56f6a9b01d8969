"""Grid carbon intensity as it was at the time: clients for public services, used only when asked for and when pricing.

Nothing here runs while something is measured. ``live_intensity`` answers within a deadline, from the service, from the
cache on disk, or from the annual tables, and says which.
"""

from setsuden.footprint.live.electricity_maps import ElectricityMaps
from setsuden.footprint.live.entsoe import Entsoe
from setsuden.footprint.live.fault import SignalError
from setsuden.footprint.live.gb import GbCarbonIntensity
from setsuden.footprint.live.japan import JapanArea
from setsuden.footprint.live.price import LivePrice, live_intensity
from setsuden.footprint.live.settings import LiveSettings
from setsuden.footprint.live.signal import LiveSignal, Point, Source
from setsuden.footprint.live.sources import SOURCES, source_for, source_of
from setsuden.footprint.live.watttime import WattTime

__all__ = [
    "SOURCES",
    "ElectricityMaps",
    "Entsoe",
    "GbCarbonIntensity",
    "JapanArea",
    "LivePrice",
    "LiveSettings",
    "LiveSignal",
    "Point",
    "SignalError",
    "Source",
    "WattTime",
    "live_intensity",
    "source_for",
    "source_of",
]
