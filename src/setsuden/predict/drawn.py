"""Watts of a processor or accelerator at work: as measured, else as its data sheet and public trainings let expect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from setsuden.predict.domain import NETWORKS
from setsuden.predict.figures import estimated, joined, widened
from setsuden.predict.sheet import Sheet, design_power, sheet
from setsuden.predict.shipped import Target, loosened, shipped
from setsuden.predict.table import Predictor, fit, fit_with
from setsuden.predict.work import busy
from setsuden.quantity import DEVICE, Estimate, Provenance

# What an accelerator draws while it answers, as a share of its design power, and a processor's package; median and
# 5-95 % of 120 public training configurations on four cards without a power limit; for packages a wider assumption.
_SHARE_OF_DESIGN = {"gpu": (0.67, 0.21, 0.90), "cpu": (0.70, 0.35, 1.0)}
_IDLE_SHARE = 0.1  # of the design power of an accelerator, where its idle power is not published


def sheet_of(asked: list[dict[str, Any]]) -> Sheet:
    """The data sheet of the device that is asked about."""
    return sheet(str(asked[0]["device"]), str(asked[0]["device_class"]), str(asked[0]["precision"]))


def fitted(own: list[Mapping[str, Any]], target: Target) -> Predictor:
    """The shipped models with the rows of this one device, which is free to be anything where its sheet was guessed."""
    known = shipped(target)
    if own and sheet(str(own[0]["device"]), str(own[0].get("device_class", ""))).guessed:
        known = loosened(known, NETWORKS)
    return fit_with(own, target, known)


def watts_at_work(asked: list[dict[str, Any]], own: list[Mapping[str, Any]]) -> Estimate:
    """What a device draws in a job, W; ``own`` are measured rows of it, if there are any."""
    if any(row.get("power_w") not in (None, "") for row in own):
        return estimated(fitted(own, "power_w"), asked, "W")
    found, kind = sheet_of(asked), str(asked[0]["device_class"])
    if kind != "cpu" and asked[0]["mode"] == "train":
        drawn = _trained(asked[0], found)
        return joined(drawn, *spread(asked)) if "design power" in found.guessed else drawn
    share, low, high = _SHARE_OF_DESIGN["cpu" if kind == "cpu" else "gpu"]
    watts = found.power_w
    if kind != "cpu":  # work that does not fill an accelerator leaves it near the least that was seen of it at work
        idle = min(found.idle_w / watts if found.idle_w else _IDLE_SHARE, low)
        filled = _filled_share(asked[0], found)
        share, low = low + (share - low) * filled, idle + (low - idle) * filled
    floor = min(found.idle_w or 0.0, share * watts)
    drawn = Estimate(share * watts, max(low * watts, floor), high * watts, "W", Provenance.ESTIMATED, DEVICE)
    return joined(drawn, *spread(asked)) if "design power" in found.guessed else drawn


def _trained(asked: Mapping[str, Any], found: Sheet) -> Estimate:
    """Watts of training by the law of cards that were measured; half as wide again, for frameworks and data differ."""
    gauge = fit(None, "power_w")
    epoch = {**asked, "unit": "epoch", "extra": "", "units_per_s": None}
    drawn = widened(estimated(gauge, [epoch], "W"))
    least, most = min(found.idle_w or 0.0, drawn.value), max(found.power_w, drawn.value)
    return replace(drawn, low=max(drawn.low, least), high=min(drawn.high, most))


def _filled_share(asked: Mapping[str, Any], found: Sheet) -> float:
    """How much of the time a batch keeps an accelerator busy, 0-1."""
    flop = 2e9 * float(asked["gmacs"]) * float(asked["batch_size"])
    return float(busy(*(np.array([one]) for one in (flop, 0.0, found.bandwidth)))[0])


def spread(asked: list[dict[str, Any]]) -> tuple[float, float]:
    """Least and most design power of devices of the kind over the one that was guessed; about as far go their rates."""
    found = design_power(str(asked[0]["device"]), str(asked[0]["device_class"]))
    watts = sheet_of(asked).power_w
    return min(found.low / watts, 1.0), max(found.high / watts, 1.0)
