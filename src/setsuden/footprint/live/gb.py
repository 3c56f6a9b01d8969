"""Great Britain's Carbon Intensity API (NESO): half-hours, actual or forecast, no token, CC BY 4.0."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from setsuden.footprint.live.desk import Desk
from setsuden.footprint.live.signal import Kind, LiveSignal, Point, intensity_of, ordered, seconds_of

_SLOT_S = 1800.0
_RANGE_S = 13 * 86400.0  # the service gives at most 14 days in one answer


class GbCarbonIntensity:
    """The national signal."""

    name = "gb"
    url = "https://api.carbonintensity.org.uk"

    def read(self, desk: Desk, begin_s: float, end_s: float) -> LiveSignal:
        """Half-hours of the span; where the actual value is not out yet, the forecast."""
        points: list[Point] = []
        at = begin_s - begin_s % _SLOT_S
        while at < end_s or at == begin_s:
            until = min(at + _RANGE_S, end_s - end_s % _SLOT_S + _SLOT_S)
            answer = desk.ask_json(f"/intensity/{_written(at)}/{_written(until)}", {})
            data = answer.get("data") if isinstance(answer, dict) else None
            if not isinstance(data, list):
                raise desk.odd("no list 'data'")
            points += [point for entry in data if (point := _point(entry, desk)) is not None]
            at = until
        return LiveSignal(
            "Great Britain", "direct_consumption", "Carbon Intensity API, NESO", "CC BY 4.0", ordered(points)
        )


def _point(entry: Any, desk: Desk) -> Point | None:
    intensity = entry.get("intensity") if isinstance(entry, dict) else None
    if not isinstance(intensity, dict):
        raise desk.odd("an entry without an intensity")
    actual = intensity_of(intensity.get("actual"), desk)
    value = actual if actual is not None else intensity_of(intensity.get("forecast"), desk)
    if value is None:
        return None
    start, end = seconds_of(entry.get("from"), desk), seconds_of(entry.get("to"), desk)
    kind: Kind = "forecast" if actual is None else "measured"
    return Point(start, max(end - start, 0.0) or _SLOT_S, value, kind)


def _written(moment_s: float) -> str:
    return datetime.fromtimestamp(moment_s, UTC).strftime("%Y-%m-%dT%H:%MZ")
