"""The profiler: multiply-accumulates, memory traffic and activations of any model, from shapes, never a silent zero."""

from setsuden.workload.profile.entry import count_macs, count_training_macs, profile
from setsuden.workload.profile.errors import UnknownOperatorError
from setsuden.workload.profile.registry import register, unregister
from setsuden.workload.profile.result import Profile
from setsuden.workload.profile.roofline import Device, Roofline
from setsuden.workload.profile.tree import Node, OperatorRow, OperatorTotal, UnknownOperator

__all__ = [
    "Device",
    "Node",
    "OperatorRow",
    "OperatorTotal",
    "Profile",
    "Roofline",
    "UnknownOperator",
    "UnknownOperatorError",
    "count_macs",
    "count_training_macs",
    "profile",
    "register",
    "unregister",
]
