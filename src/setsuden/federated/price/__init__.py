"""Prices of a federation: accounting forms, bills, centralised training beside it, and where the verdict turns."""

from setsuden.federated.price.bill import Bill, Clients, Cost
from setsuden.federated.price.calendar import Calendar, Clock, calendar
from setsuden.federated.price.central import central
from setsuden.federated.price.forms import FORMS, rule
from setsuden.federated.price.price import price
from setsuden.federated.price.rule import ByLink, PerBit, PerSecond, Rule, network_model
from setsuden.federated.price.term import Party, Term
from setsuden.federated.price.verdict import Ratios, Turn, ratio, ratios, turning_points, turns

__all__ = [
    "FORMS",
    "Bill",
    "ByLink",
    "Calendar",
    "Clients",
    "Clock",
    "Cost",
    "Party",
    "PerBit",
    "PerSecond",
    "Ratios",
    "Rule",
    "Term",
    "Turn",
    "calendar",
    "central",
    "network_model",
    "price",
    "ratio",
    "ratios",
    "rule",
    "turning_points",
    "turns",
]
