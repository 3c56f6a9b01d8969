"""What can be profiled, and how each kind of target becomes something that runs."""

from setsuden.workload.profile.targets.resolve import Work, resolve

__all__ = ["Work", "resolve"]
