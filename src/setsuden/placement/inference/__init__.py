"""Where to run a model per request: on the device, on a server nearby, in the cloud, or split between two."""

from setsuden.placement.inference.answer import Answer, ViewAnswer, answer
from setsuden.placement.inference.break_points import BreakPoint
from setsuden.placement.inference.each import decide_each
from setsuden.placement.inference.machine import Machine, batched, measured
from setsuden.placement.inference.options import placements
from setsuden.placement.inference.split import Layer, layers_of
from setsuden.placement.inference.study import Study
from setsuden.placement.inference.term import Kind, Place, Placement, Term, scenario
from setsuden.placement.inference.winners import WinnerMap, winner_map

__all__ = [
    "Answer",
    "BreakPoint",
    "Kind",
    "Layer",
    "Machine",
    "Place",
    "Placement",
    "Study",
    "Term",
    "ViewAnswer",
    "WinnerMap",
    "answer",
    "batched",
    "decide_each",
    "layers_of",
    "measured",
    "placements",
    "scenario",
    "winner_map",
]
