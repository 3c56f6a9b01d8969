"""The whole life of a model: develop, train, adapt, retrain, serve, exchange data, make the hardware."""

from setsuden.lifecycle.answer import Alternative, Answer, Sheet, Turning, answer
from setsuden.lifecycle.closed_forms import (
    Renewal,
    Turn,
    adapt_or_build,
    life_kwh,
    parity,
    renewal,
    training_kwh,
    training_share,
    turning_point,
)
from setsuden.lifecycle.federation import Comparison, Federated, compare
from setsuden.lifecycle.levers import Lever, levers
from setsuden.lifecycle.plan import STAGES, Plan, Stage

__all__ = [
    "STAGES",
    "Alternative",
    "Answer",
    "Comparison",
    "Federated",
    "Lever",
    "Plan",
    "Renewal",
    "Sheet",
    "Stage",
    "Turn",
    "Turning",
    "adapt_or_build",
    "answer",
    "compare",
    "levers",
    "life_kwh",
    "parity",
    "renewal",
    "training_kwh",
    "training_share",
    "turning_point",
]
