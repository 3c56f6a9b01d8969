"""ENTSO-E transparency platform: actual generation per type (A75), from which we compute the intensity. Needs a token.

Imports and storage are left out: the basis is generation within the area.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

from setsuden.footprint.live.desk import Desk
from setsuden.footprint.live.fault import SignalError
from setsuden.footprint.live.mix import BASIS, citation, intensity
from setsuden.footprint.live.signal import LiveSignal, Point, ordered, seconds_of

TOKEN = "SETSUDEN_ENTSOE_TOKEN"
# Country -> its area in ENTSO-E's list of energy identification codes.
AREAS = {
    "AT": "10YAT-APG------L", "BE": "10YBE----------2", "BG": "10YCA-BULGARIA-R", "CH": "10YCH-SWISSGRIDZ",
    "CZ": "10YCZ-CEPS-----N", "DE": "10Y1001A1001A83F", "DK": "10Y1001A1001A65H", "EE": "10Y1001A1001A39I",
    "ES": "10YES-REE------0", "FI": "10YFI-1--------U", "FR": "10YFR-RTE------C", "GR": "10YGR-HTSO-----Y",
    "HR": "10YHR-HEP------M", "HU": "10YHU-MAVIR----U", "IT": "10YIT-GRTN-----B", "LT": "10YLT-1001A0008Q",
    "LV": "10YLV-1001A00074", "NL": "10YNL----------L", "NO": "10YNO-0--------C", "PL": "10YPL-AREA-----S",
    "PT": "10YPT-REN------W", "RO": "10YRO-TEL------P", "SE": "10YSE-1--------K", "SI": "10YSI-ELES-----O",
    "SK": "10YSK-SEPS-----K",
}  # fmt: skip
# Production types; B10 is pumped storage, which is not a source.
_FUELS = {
    "B01": "biomass", "B02": "coal", "B03": "gas", "B04": "gas", "B05": "coal", "B06": "oil", "B07": "oil",
    "B08": "coal", "B09": "geothermal", "B11": "hydro", "B12": "hydro", "B13": "unknown", "B14": "nuclear",
    "B15": "unknown",
    "B16": "solar", "B17": "unknown", "B18": "wind", "B19": "wind", "B20": "unknown",
}  # fmt: skip
_STORAGE = "B10"
_RESOLUTION = re.compile(r"PT(\d+)([MH])")
_DAY = timedelta(days=1)


class Entsoe:
    """One area, by country code or energy identification code."""

    name = "entsoe"
    url = "https://web-api.tp.entsoe.eu"

    def __init__(self, area: str) -> None:
        self.area = AREAS.get(area, area)
        self.place = area

    def read(self, desk: Desk, begin_s: float, end_s: float) -> LiveSignal:
        """The days of the span."""
        begin = datetime.fromtimestamp(begin_s, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        end = datetime.fromtimestamp(end_s, UTC).replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
        query = {
            "documentType": "A75",
            "processType": "A16",
            "in_Domain": self.area,
            "periodStart": begin.strftime("%Y%m%d%H%M"),
            "periodEnd": end.strftime("%Y%m%d%H%M"),
        }
        body = desk.ask("/api", query, secret={"securityToken": desk.secret(TOKEN)})
        mixes, step = _mixes(body, desk)
        found = [(start, intensity(fuels)) for start, fuels in mixes.items()]
        points = [Point(start, step, value, "measured") for start, value in found if value is not None]
        source = f"ENTSO-E transparency platform, A75; factors: {citation()}"
        return LiveSignal(self.place, BASIS, source, None, ordered(points), derived=True)


def _mixes(body: bytes, desk: Desk) -> tuple[dict[float, dict[str, float]], float]:
    """Slot start -> fuel -> MW, and the finest resolution in seconds; coarser series are spread over its slots."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise desk.odd("XML with declarations, which is not read")
    try:
        root = ET.fromstring(body)
    except ET.ParseError:
        raise desk.odd("an answer that is not XML") from None
    if _tag(root) == "Acknowledgement_MarketDocument":
        raise SignalError("no_data", _text(root, "text") or "has no data for this time", place=desk.host)
    if _tag(root) != "GL_MarketDocument":
        raise desk.odd(f"the document {_tag(root)}")
    series = [item for item in _all(root, "TimeSeries") if not _all(item, "outBiddingZone_Domain.mRID")]
    steps = [_step(period, desk) for item in series for period in _all(item, "Period")]
    if not steps:
        raise SignalError("no_data", "has no generation for this time", place=desk.host)
    finest = min(steps)
    mixes: dict[float, dict[str, float]] = {}
    for item in series:
        kind = _text(item, "psrType")
        if kind == _STORAGE:
            continue
        fuel = _FUELS.get(kind, "unknown")
        for period in _all(item, "Period"):
            for start, power in _slots(period, finest, desk):
                slot = mixes.setdefault(start, {})
                slot[fuel] = slot.get(fuel, 0.0) + power
    return mixes, finest


def _slots(period: ET.Element, finest: float, desk: Desk) -> list[tuple[float, float]]:
    """(start, MW) in slots of ``finest`` seconds; a position left out repeats the one before (curve type A03)."""
    begin, end = seconds_of(_text(period, "start"), desk), seconds_of(_text(period, "end"), desk)
    step = _step(period, desk)
    given: dict[int, float] = {}
    for point in _all(period, "Point"):
        try:
            given[int(_text(point, "position"))] = float(_text(point, "quantity"))
        except ValueError:
            raise desk.odd("a point that cannot be read") from None
    found: list[tuple[float, float]] = []
    power: float | None = None
    for position in range(1, round((end - begin) / step) + 1):
        power = given.get(position, power)
        if power is not None:
            start = begin + (position - 1) * step
            found += [(start + k * finest, power) for k in range(max(1, round(step / finest)))]
    return found


def _step(period: ET.Element, desk: Desk) -> float:
    match = _RESOLUTION.fullmatch(_text(period, "resolution"))
    if match is None or int(match[1]) == 0:
        raise desk.odd(f"the resolution {_text(period, 'resolution')!r}")
    return int(match[1]) * (60.0 if match[2] == "M" else 3600.0)


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _all(element: ET.Element, tag: str) -> list[ET.Element]:
    return [child for child in element.iter() if _tag(child) == tag]


def _text(element: ET.Element, tag: str) -> str:
    found = _all(element, tag)
    return (found[0].text or "").strip() if found else ""
