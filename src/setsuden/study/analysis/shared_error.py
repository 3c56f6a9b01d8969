"""The part of the energy figures' error that all configurations of one machine have in common."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from setsuden.quantity import Estimate

# Of a power model's error, the part that is the machine's and not the load's. Published server curves miss by 25.4 %
# (mean) when only the rated power is known and still by 8.8 % when idle and full power are: sqrt(1 - (8.8/25.4)^2)
# = 0.94 is the machine's. We count a little less as shared, so that modelled options are told apart with more caution.
_MODELLED_SHARE = 0.9
_MOST = 0.99


def shared_relative_error(machine: Mapping[str, Any], configurations: Sequence[Mapping[str, Any]]) -> float:
    """Half-width (share, 5-95 %) of the error that multiplies every energy of this pilot alike.

    The error of the worst counted sensor, but never more than the spread of the best known energy per sample, since a
    part is not larger than its whole; of that, all where the sensor measures and nine tenths (of its logarithm) where
    it is a model. 0 where the sensors state no error.
    """
    stated = [
        (float(sensor["relative_error"]), sensor.get("provenance") == "measured")
        for sensor in machine.get("sensors", ())
        if sensor.get("counted") and sensor.get("relative_error") is not None
    ]
    spreads = [_spread(Estimate.from_json(item["energy_per_sample"])) for item in configurations]
    if not stated or not spreads:
        return 0.0
    worst, measured = max(stated)
    error = min(worst, _MOST, *spreads)
    return error if measured else math.tanh(_MODELLED_SHARE * math.atanh(error))


def _spread(energy: Estimate) -> float:
    """Half-width over the middle of the interval, 0-1: the logarithmic spread, brought back to a share."""
    width = energy.high + energy.low
    return (energy.high - energy.low) / width if width > 0 else 0.0
