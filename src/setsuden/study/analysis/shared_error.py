"""The part of the energy figures' error that all configurations of one machine have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from setsuden.quantity import Estimate

# Of a power model's error, the part that is the machine's and not the load's. Published server curves miss by 25.4 %
# (mean) when only the rated power is known and still by 8.8 % when idle and full power are: sqrt(1 - (8.8/25.4)^2)
# = 0.94 is the machine's. We count a little less as shared, so that modelled options are told apart with more caution.
_MODELLED_SHARE = 0.9


def shared_relative_error(machine: Mapping[str, Any], configurations: Sequence[Mapping[str, Any]]) -> float:
    """Half-width (share, 5-95 %) of the error that multiplies every energy of this pilot alike.

    The error of the worst counted sensor, all of it where the sensor measures and nine tenths where it is a model, but
    never more than the spread of the best known energy per sample, since a part is not larger than its whole. 0 where
    the sensors state no error.
    """
    stated = [
        float(sensor["relative_error"]) * (1.0 if sensor.get("provenance") == "measured" else _MODELLED_SHARE)
        for sensor in machine.get("sensors", ())
        if sensor.get("counted") and sensor.get("relative_error") is not None
    ]
    spreads = [_spread(Estimate.from_json(item["energy_per_sample"])) for item in configurations]
    known = [spread for spread in spreads if spread is not None]
    return min([max(stated), *known]) if stated and known else 0.0


def _spread(energy: Estimate) -> float | None:
    if energy.low <= 0:
        return None
    return (energy.high - energy.low) / (energy.high + energy.low)
