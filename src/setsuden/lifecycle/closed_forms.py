"""The formulas of a model's life on plain numbers, for checking a published case by hand.

    training       hours x processors x watts x PUE
    life           k E_train + N e
    parity         N* = k E_train / e
    turning point  N* = (E_B - E_A) / (e_A - e_B)
    new hardware   pays when its making is below CI PUE (P_old/x_old - P_new/x_new) x work left

The declared life of ``answer`` gives the same with intervals. Energies in kWh unless the name says otherwise; all
inputs finite and at least 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from setsuden.errors import InputError

_KWH = 3.6e6


def training_kwh(hours: float, processors: float, watts: float, pue: float = 1.0) -> float:
    """Energy of a training on ``processors`` that draw ``watts`` each on average (Patterson et al. 2021)."""
    _check(hours=hours, processors=processors, watts=watts)
    if not 1 <= pue < math.inf:
        raise InputError("PUE is at least 1", place="pue", value=pue)
    return hours * processors * watts * pue / 1e3


def life_kwh(training: float, request: float, requests: float, *, k_dev: float = 1.0) -> float:
    """Energy of the whole life: ``k_dev`` times the training (1.5 with half as much development), and all requests."""
    _check(training=training, request=request, requests=requests, k_dev=k_dev)
    return k_dev * training + request * requests


def parity(training: float, request: float, *, k_dev: float = 1.0) -> float:
    """Requests after which serving has taken as much as all before it.

    training   kWh of training, and of fine-tuning where the model is fine-tuned (Luccioni et al. 2024 add both)
    request    kWh of one request, above 0
    """
    _check(training=training, request=request, k_dev=k_dev)
    if request == 0:
        raise InputError("requests that take nothing never reach the training", place="request", value=request)
    return k_dev * training / request


def training_share(training: float, request: float, requests: float, *, k_dev: float = 1.0) -> float:
    """Share of the whole life's energy that came before serving, 0-1."""
    whole = life_kwh(training, request, requests, k_dev=k_dev)
    if whole == 0:
        raise InputError("a life that takes nothing has no shares", value=whole)
    return k_dev * training / whole


@dataclass(frozen=True, slots=True)
class Turn:
    """A takes less ``below`` or ``above`` ``requests``, ``always`` or ``never``; ``equal``: both the same."""

    a_takes_less: Literal["below", "above", "always", "never", "equal"]
    requests: float | None


def turning_point(once_a: float, request_a: float, once_b: float, request_b: float) -> Turn:
    """Where two ways to have a model take the same: train longer, distil, adapt or build anew, edge or cloud.

    once      kWh of everything that is not per request, trials included
    request   kWh of one request
    """
    _check(once_a=once_a, request_a=request_a, once_b=once_b, request_b=request_b)
    start, slope = once_b - once_a, request_a - request_b
    if start == 0 and slope == 0:
        return Turn("equal", None)
    if start * slope <= 0:
        return Turn("always" if (start or -slope) > 0 else "never", None)
    return Turn("below" if start > 0 else "above", start / slope)


def adapt_or_build(base_request: float, small_request: float, *, run: float, trials: float, build: float) -> Turn:
    """Adapting a large base (A) against building a small model anew (B): A takes less below the turning point.

    run, trials   kWh of one adaptation and how many are tried; ``build`` kWh of the new one with all its trials
    """
    return turning_point(run * trials, base_request, build, small_request)


@dataclass(frozen=True, slots=True)
class Renewal:
    """New hardware: gCO2e saved over the work left, its making taken off, and the work after which it pays.

    work_to_pay   in the unit of ``work``; None where it never does
    """

    saved_g: float
    work_to_pay: float | None

    @property
    def pays(self) -> bool:
        """Whether replacing emits less than keeping."""
        return self.saved_g > 0


def renewal(
    making_kg: float,
    *,
    intensity_g_per_kwh: float,
    old_w: float,
    old_per_s: float,
    new_w: float,
    new_per_s: float,
    work: float,
    pue: float = 1.0,
) -> Renewal:
    """Replace a machine of ``old_w`` watts that does ``old_per_s`` units of work a second by one of the new figures?

    making_kg   kgCO2e of making the new one; ``work`` units still to be done by either
    """
    _check(making_kg=making_kg, intensity=intensity_g_per_kwh, old_w=old_w, new_w=new_w, work=work)
    if old_per_s <= 0 or new_per_s <= 0 or pue < 1:
        raise InputError("rates of work are above 0 and PUE is at least 1", value=(old_per_s, new_per_s, pue))
    per_unit_g = intensity_g_per_kwh * pue * (old_w / old_per_s - new_w / new_per_s) / _KWH
    pays_at = making_kg * 1e3 / per_unit_g if per_unit_g > 0 else None
    return Renewal(per_unit_g * work - making_kg * 1e3, pays_at)


def _check(**figures: float) -> None:
    for name, value in figures.items():
        if not 0 <= value < math.inf:
            raise InputError("must be a finite number of at least 0", place=name, value=value)
