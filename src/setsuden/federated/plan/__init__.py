"""Plan a federation: what to choose for least carbon within time and quality, and whether to federate at all."""

from setsuden.federated.plan.candidate import Around, Candidate
from setsuden.federated.plan.plan import Limits, Plan, plan
from setsuden.federated.plan.rounds import RoundsToTarget, from_trace
from setsuden.federated.plan.setting import Asking, Packing, Setting, settings

__all__ = [
    "Around",
    "Asking",
    "Candidate",
    "Limits",
    "Packing",
    "Plan",
    "RoundsToTarget",
    "Setting",
    "from_trace",
    "plan",
    "settings",
]
