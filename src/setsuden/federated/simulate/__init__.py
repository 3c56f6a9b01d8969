"""Federations that are never trained: a million clients in closed form, or drawn event by event."""

from setsuden.federated.simulate.buffered import closed_form_buffered, events_buffered
from setsuden.federated.simulate.closed import closed_form
from setsuden.federated.simulate.events import events
from setsuden.federated.simulate.fit import Fit, fit
from setsuden.federated.simulate.from_trace import schedule_of, work_of
from setsuden.federated.simulate.schedule import Buffered, Synchronous, Work, log_normal_samples, stages
from setsuden.federated.simulate.trace import drawn_header, drawn_trace
from setsuden.federated.simulate.usage import Simulation

__all__ = [
    "Buffered",
    "Fit",
    "Simulation",
    "Synchronous",
    "Work",
    "closed_form",
    "closed_form_buffered",
    "drawn_header",
    "drawn_trace",
    "events",
    "events_buffered",
    "fit",
    "log_normal_samples",
    "schedule_of",
    "stages",
    "work_of",
]
