"""Electricity Maps, API v3: flow-traced intensity of a zone by the hour. Needs a token."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from setsuden.footprint.live.desk import Desk
from setsuden.footprint.live.signal import Kind, LiveSignal, Point, intensity_of, ordered, seconds_of

TOKEN = "SETSUDEN_ELECTRICITY_MAPS_TOKEN"
_HOUR_S = 3600.0
_HISTORY_S = 23 * _HOUR_S  # /history reaches 24 hours back
_RANGE_S = 240 * _HOUR_S  # /past-range gives at most so much in one answer


class ElectricityMaps:
    """One zone, such as ``JP-TK`` or ``FR``."""

    name = "electricity-maps"
    url = "https://api.electricitymaps.com"

    def __init__(self, zone: str) -> None:
        self.zone = zone

    def read(self, desk: Desk, begin_s: float, end_s: float) -> LiveSignal:
        """Hours of the span; those within the last day come from ``/history``, older ones from ``/past-range``."""
        headers = {"auth-token": desk.secret(TOKEN)}
        entries: list[Any] = []
        if begin_s >= desk.now - _HISTORY_S:
            answer = desk.ask_json("/v3/carbon-intensity/history", {"zone": self.zone}, headers=headers)
            entries += _list(answer, "history", desk)
        else:
            at = _floor(begin_s)
            while at < end_s:
                until = min(at + _RANGE_S, _floor(end_s) + _HOUR_S)
                query = {"zone": self.zone, "start": _written(at), "end": _written(until)}
                answer = desk.ask_json("/v3/carbon-intensity/past-range", query, headers=headers)
                entries += _list(answer, "data", desk)
                at = until
        points = [point for entry in entries if (point := _point(entry, desk)) is not None]
        types = {str(entry.get("emissionFactorType", "lifecycle")) for entry in entries} or {"lifecycle"}
        if len(types) > 1:
            raise desk.odd("a mixture of emission factor types")
        return LiveSignal(
            self.zone, f"{types.pop()}_consumption_flow_traced", "Electricity Maps API v3", None, ordered(points)
        )


def _list(answer: Any, key: str, desk: Desk) -> list[dict[str, Any]]:
    found = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise desk.odd(f"no list {key!r}")
    return found


def _point(entry: dict[str, Any], desk: Desk) -> Point | None:
    value = intensity_of(entry.get("carbonIntensity"), desk)
    if value is None:
        return None
    kind: Kind = "estimated" if entry.get("isEstimated") else "measured"
    return Point(seconds_of(entry.get("datetime"), desk), _HOUR_S, value, kind)


def _floor(moment_s: float) -> float:
    return moment_s - moment_s % _HOUR_S


def _written(moment_s: float) -> str:
    return datetime.fromtimestamp(moment_s, UTC).strftime("%Y-%m-%dT%H:%MZ")
