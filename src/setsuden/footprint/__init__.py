"""Energy -> carbon (operational, embodied), water, cost, equivalents, SCI: each figure with interval and factors."""

from setsuden.footprint.compare import ratio
from setsuden.footprint.equivalents import Equivalent, equivalents
from setsuden.footprint.hours import Window
from setsuden.footprint.manufacture import share
from setsuden.footprint.model import Footprint, footprint
from setsuden.footprint.note import Note
from setsuden.footprint.sci import SciForAi, sci, sci_for_ai

__all__ = [
    "Equivalent",
    "Footprint",
    "Note",
    "SciForAi",
    "Window",
    "equivalents",
    "footprint",
    "ratio",
    "sci",
    "sci_for_ai",
    "share",
]
