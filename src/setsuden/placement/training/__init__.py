"""Where and when to train: regions, starting later, pausing, scaling, judged on what the grid really did."""

from setsuden.placement.training.forecasts import METHODS, Method, Score
from setsuden.placement.training.outcome import Answer, Outcome, answer
from setsuden.placement.training.schedule import best_start, elastic, pauses, switches
from setsuden.placement.training.series import Series, read_series
from setsuden.placement.training.signal import Worlds, worlds
from setsuden.placement.training.study import Job, Site

__all__ = [
    "METHODS",
    "Answer",
    "Job",
    "Method",
    "Outcome",
    "Score",
    "Series",
    "Site",
    "Worlds",
    "answer",
    "best_start",
    "elastic",
    "pauses",
    "read_series",
    "switches",
    "worlds",
]
