"""Decisions between options with uncertain figures. Pure arithmetic: nothing is read, written or measured here."""

from setsuden.decision.break_even import Affine, BreakEven, break_even, crossings
from setsuden.decision.decision import CLEAR, LIKELY, Assessment, Confidence, Decision, Doubt, Violation
from setsuden.decision.draws import DRAWS, Draws, own_interval
from setsuden.decision.flips import Flip
from setsuden.decision.information import Information, value_of_information
from setsuden.decision.option import Composite, Constraint, Metric, Objective, Option, Part, unique
from setsuden.decision.pareto import front, front_probability
from setsuden.decision.recommend import recommend, recommend_each
from setsuden.decision.regret import best_probability, regret
from setsuden.decision.saving import saving
from setsuden.decision.sensitivity import Bar, VarianceShare, sobol, tornado

__all__ = [
    "CLEAR",
    "DRAWS",
    "LIKELY",
    "Affine",
    "Assessment",
    "Bar",
    "BreakEven",
    "Composite",
    "Confidence",
    "Constraint",
    "Decision",
    "Doubt",
    "Draws",
    "Flip",
    "Information",
    "Metric",
    "Objective",
    "Option",
    "Part",
    "VarianceShare",
    "Violation",
    "best_probability",
    "break_even",
    "crossings",
    "front",
    "front_probability",
    "own_interval",
    "recommend",
    "recommend_each",
    "regret",
    "saving",
    "sobol",
    "tornado",
    "unique",
    "value_of_information",
]
