"""WattTime, API v3: marginal emissions of a region, lb per MWh. Needs an account; the free one knows CAISO_NORTH only.

Marginal says what one more kWh causes. It does not compare with the average that inventories use, as its basis says.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from setsuden.footprint.live.desk import Desk
from setsuden.footprint.live.signal import LiveSignal, Point, intensity_of, ordered, seconds_of

USER, PASSWORD = "SETSUDEN_WATTTIME_USER", "SETSUDEN_WATTTIME_PASSWORD"
LB_PER_MWH = 453.59237 / 1000.0
"""g/kWh."""
_TOKEN_S = 25 * 60.0  # tokens live for half an hour
_STEP_S = 300.0


class WattTime:
    """One region, such as ``CAISO_NORTH``."""

    name = "watttime"
    url = "https://api.watttime.org"

    def __init__(self, region: str) -> None:
        self.region = region

    def read(self, desk: Desk, begin_s: float, end_s: float) -> LiveSignal:
        """Five-minute values of ``co2_moer`` over the span."""
        pair = f"{desk.secret(USER)}:{desk.secret(PASSWORD)}".encode()
        basic = {"Authorization": "Basic " + base64.b64encode(pair).decode()}
        login = desk.ask_json("/login", {}, headers=basic, keep_s=_TOKEN_S)
        token = login.get("token") if isinstance(login, dict) else None
        if not isinstance(token, str):
            raise desk.odd("no token")
        query = {
            "region": self.region,
            "start": _written(begin_s - begin_s % _STEP_S),
            "end": _written(end_s + _STEP_S),
            "signal_type": "co2_moer",
        }
        answer = desk.ask_json("/v3/historical", query, headers={"Authorization": f"Bearer {token}"})
        meta, data = _parts(answer, desk)
        if meta.get("units") != "lbs_co2_per_mwh":
            raise desk.odd(f"the unit {meta.get('units')!r}")
        step = intensity_of(meta.get("data_point_period_seconds", _STEP_S), desk) or _STEP_S
        points = [
            Point(seconds_of(entry.get("point_time"), desk), step, value * LB_PER_MWH, "estimated")
            for entry in data
            if (value := intensity_of(entry.get("value"), desk)) is not None
        ]
        return LiveSignal(self.region, "marginal_operating_direct", "WattTime API v3, co2_moer", None, ordered(points))


def _parts(answer: Any, desk: Desk) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    meta = answer.get("meta") if isinstance(answer, dict) else None
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(meta, dict) or not isinstance(data, list) or not all(isinstance(e, dict) for e in data):
        raise desk.odd("no meta and data")
    return meta, data


def _written(moment_s: float) -> str:
    return datetime.fromtimestamp(moment_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
