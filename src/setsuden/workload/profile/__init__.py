"""The profiler: multiply-accumulates, memory traffic and activations of any model, from shapes, never a silent zero."""

from setsuden.workload.profile.entry import count_macs, count_training_macs, profile
from setsuden.workload.profile.errors import UnknownOperatorError
from setsuden.workload.profile.registry import register, unregister
from setsuden.workload.profile.result import Node, OperatorRow, OperatorTotal, Profile, UnknownOperator

__all__ = [
    "Node",
    "OperatorRow",
    "OperatorTotal",
    "Profile",
    "UnknownOperator",
    "UnknownOperatorError",
    "count_macs",
    "count_training_macs",
    "profile",
    "register",
    "unregister",
]
