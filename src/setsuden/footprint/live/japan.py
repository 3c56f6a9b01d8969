"""Japan's areas: half-hourly supply by fuel, published as a CSV per month by each network operator. No token.

The mix becomes an intensity with life-cycle factors; what comes in over the interconnectors counts at the national
annual mean; pumped hydro and batteries are left out. The files reach to the day before (Tohoku: about two months back).
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from setsuden.catalogue import grid
from setsuden.errors import InputError
from setsuden.footprint.live.desk import Desk
from setsuden.footprint.live.fault import SignalError
from setsuden.footprint.live.mix import BASIS, citation, intensity
from setsuden.footprint.live.signal import LiveSignal, Point, ordered

_TOKYO = ZoneInfo("Asia/Tokyo")
_SLOT_S = 1800.0
# code -> (number in the file's name, address, name, whether the time label is the slot's end)
AREAS = {
    "JP-TH": ("02", "https://setsuden.nw.tohoku-epco.co.jp/common/demand", "Tohoku", False),
    "JP-TK": ("03", "https://www.tepco.co.jp/forecast/html/images", "Tokyo", False),
    "JP-CB": ("04", "https://powergrid.chuden.co.jp/denki_yoho_content_data", "Chubu", False),
    "JP-HR": ("05", "https://www.rikuden.co.jp/nw/denki-yoho/csv", "Hokuriku", False),
    "JP-CG": ("07", "https://www.energia.co.jp/nw/jukyuu/sys", "Chugoku", False),
    "JP-SK": ("08", "https://www.yonden.co.jp/nw/supply_demand/csv", "Shikoku", False),
    "JP-KY": ("09", "https://www.kyuden.co.jp/td_area_jukyu/csv", "Kyushu", True),
}
# Words in a header, looked for in this order after curtailed, storage and total columns are set aside -> fuel
_FUELS = (
    ("原子力", "nuclear"), ("LNG", "gas"), ("石炭", "coal"), ("石油", "oil"), ("火力", "unknown"),
    ("地熱", "geothermal"), ("バイオマス", "biomass"), ("太陽光", "solar"), ("風力", "wind"),
    ("水力", "hydro"), ("その他", "unknown"),
)  # fmt: skip
_ASIDE = ("抑制", "制御", "揚水", "蓄電", "合計", "需要", "DATE", "TIME", "日付", "時刻", "年月日", "月日", "時間")
_TIE = "連系線"


class JapanArea:
    """One area by its zone code, such as ``JP-TK``; InputError for those that publish no such file."""

    name = "japan"

    def __init__(self, area: str) -> None:
        if area not in AREAS:
            raise InputError(
                "no machine-readable fuel mix of this area is read", value=area, remedy=f"Known: {', '.join(AREAS)}."
            )
        self.number, self.url, self.place, self.label_is_end = AREAS[area]

    def read(self, desk: Desk, begin_s: float, end_s: float) -> LiveSignal:
        """The months of the span."""
        month = datetime.fromtimestamp(begin_s, _TOKYO).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        points: list[Point] = []
        tie = grid.intensity("JP").value
        while month.timestamp() <= end_s:
            body = desk.ask(f"/eria_jukyu_{month:%Y%m}_{self.number}.csv", {})
            points += _points(body, tie, self.label_is_end, desk)
            month = (month + timedelta(days=32)).replace(day=1)
        source = f"area supply and demand, {self.place} network operator; factors: {citation()}"
        return LiveSignal(
            f"{self.place} area", f"{BASIS}_imports_at_national_mean", source, None, ordered(points), True
        )


def _points(body: bytes, tie_g_per_kwh: float, label_is_end: bool, desk: Desk) -> list[Point]:
    rows = [row for row in csv.reader(io.StringIO(_decoded(body, desk))) if any(cell.strip() for cell in row)]
    head = next((n for n, row in enumerate(rows) if row[0].strip().upper() in ("DATE", "日付", "年月日", "月日")), None)
    if head is None:
        raise desk.odd("no header with a date")
    columns = [unicodedata.normalize("NFKC", cell).replace(" ", "") for cell in rows[head]]
    fuels = _columns(columns)
    ties = [n for n, name in enumerate(columns) if _TIE in name]
    if not fuels:
        raise desk.odd("no column of a fuel")
    points: list[Point] = []
    for row in rows[head + 1 :]:
        if len(row) < len(columns):
            continue  # remarks below the table, or a line that is still being written
        start = _start(row[0], row[1])
        if start is None:
            continue
        generation: dict[str, float] = {}
        blank = True
        for n, fuel in fuels.items():
            power = _number(row[n])
            blank = blank and power is None
            generation[fuel] = generation.get(fuel, 0.0) + max(power or 0.0, 0.0)
        if blank:
            continue  # a slot that is not filled yet
        received = sum(max(_number(row[n]) or 0.0, 0.0) for n in ties)
        value = intensity(generation, {tie_g_per_kwh: received})
        if value is not None:
            points.append(Point(start - (_SLOT_S if label_is_end else 0.0), _SLOT_S, value, "measured"))
    if not points:
        raise SignalError("no_data", "has no slot filled in this month", place=desk.host)
    return points


def _columns(names: list[str]) -> dict[int, str]:
    """Column -> fuel. Where thermal is given by fuel, a column of all thermal would count twice and is left out."""
    found: dict[int, str] = {}
    for n, name in enumerate(names):
        if _TIE in name or any(word.lower() in name.lower() for word in _ASIDE):
            continue
        fuel = next((fuel for word, fuel in _FUELS if word in name), None)
        if fuel is not None:
            found[n] = fuel
    by_fuel = any(fuel in ("gas", "coal", "oil") for fuel in found.values())
    return {n: fuel for n, fuel in found.items() if not (by_fuel and names[n] == "火力")}


def _decoded(body: bytes, desk: Desk) -> str:
    for encoding in ("cp932", "utf-8-sig"):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if any(word in unicodedata.normalize("NFKC", text) for word in ("原子力", "火力", "太陽光")):
            return text
    raise desk.odd("a file in no known encoding")


def _start(date: str, clock: str) -> float | None:
    """YYYY/MM/DD, YYYY/M/D or YYYYMMDD with H:MM, both Japan time; 24:00 is the next day's beginning."""
    day = re.fullmatch(r"(\d{4})/?(\d{1,2})/?(\d{1,2})", date.strip())
    time = re.fullmatch(r"(\d{1,2}):(\d{2})(?:[:~].*)?", unicodedata.normalize("NFKC", clock.strip()))
    if day is None or time is None:
        return None
    try:
        midnight = datetime(int(day[1]), int(day[2]), int(day[3]), tzinfo=_TOKYO)
    except ValueError:
        return None
    return midnight.timestamp() + int(time[1]) * 3600 + int(time[2]) * 60


def _number(cell: str) -> float | None:
    try:
        value = float(cell.replace(",", "").strip())
    except ValueError:
        return None
    return value if abs(value) < 1e6 else None
