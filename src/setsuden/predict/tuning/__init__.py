"""Tuning by measurement: which configuration to try next, so that the cheapest is found with least energy spent.

from setsuden.predict.tuning import Factor, Observations, Space, suggest, recommend
"""

from setsuden.predict.tuning.engine import GIVE_UP, Recommendation, Suggestion, recommend, suggest
from setsuden.predict.tuning.observation import Observations, Pace, Trial
from setsuden.predict.tuning.space import BATCH_SLOPE, Configuration, Factor, Settings, Space, Value

__all__ = [
    "BATCH_SLOPE",
    "GIVE_UP",
    "Configuration",
    "Factor",
    "Observations",
    "Pace",
    "Recommendation",
    "Settings",
    "Space",
    "Suggestion",
    "Trial",
    "Value",
    "recommend",
    "suggest",
]
