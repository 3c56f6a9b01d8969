"""The whole life of a model: develop, train, adapt, retrain, serve, exchange data, make the hardware."""

from setsuden.lifecycle.answer import Alternative, Answer, Sheet, Turning, answer
from setsuden.lifecycle.levers import Lever, levers
from setsuden.lifecycle.plan import STAGES, Plan, Stage

__all__ = [
    "STAGES",
    "Alternative",
    "Answer",
    "Lever",
    "Plan",
    "Sheet",
    "Stage",
    "Turning",
    "answer",
    "levers",
]
