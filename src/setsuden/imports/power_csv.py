"""A CSV of time and power: wall meters, BMC logs, anything else. The unit is in the column's name or is watts.

Time: a column such as ``time``, ``timestamp``, ``t_s``. Power: ``power_w``, ``watts``, ``power_mw``, ``kw`` ... Other
names are chosen with ``--time-column`` and ``--power-column``, the unit behind the column's name, as in
``--power-column "Active Power=kW"``.
"""

from __future__ import annotations

import re
from pathlib import Path

from setsuden.errors import InputError, UnitError
from setsuden.imports.assemble import WALL, Series, run_of
from setsuden.imports.imported import Imported, Settings
from setsuden.imports.text import CsvTable, number, read_csv
from setsuden.imports.times import Clock
from setsuden.quantity import unit

_TIMES = ("time", "timestamp", "datetime", "date", "t_s", "time_s", "unix_time", "epoch", "elapsed_s", "seconds")
_POWER = re.compile(
    r"(?:power|watts?|p)(?:[ _(\[]*(?P<unit>[muk]?w|(?:milli|kilo)?watts?)[)\]]?)?|(?P<bare>kw|mw|w)", re.I
)
# As written in a column's name, where "mW" and "MW" cannot be told apart by people who write in lower case.
_UNITS = {"": 1.0, "w": 1.0, "watt": 1.0, "watts": 1.0, "mw": 1e-3, "milliwatt": 1e-3, "milliwatts": 1e-3,
          "uw": 1e-6, "kw": 1e3, "kilowatt": 1e3, "kilowatts": 1e3}  # fmt: skip


def read(path: Path, settings: Settings) -> list[Imported]:
    """One run."""
    table = read_csv(path)
    if not table.rows:
        raise InputError("holds no samples", place=str(path))
    time = _time_column(table, settings)
    column, scale = _power_column(table, settings)
    clock = Clock(settings.zone)
    times: list[float] = []
    watts: list[float] = []
    for line, cells in table.rows:
        value = number(cells[column], f"{path}, line {line}, column {column}")
        if value is not None:
            times.append(clock.seconds(cells[time], f"{path}, line {line}, column {time}"))
            watts.append(value * scale)
    component = settings.component or "board"
    label = "wall meter" if component == "board" else component
    series = Series(f"csv/{component}", component, f"{label} ({column})", times, watts, error=WALL)
    return [run_of("csv", path.stem, [series], clock, settings)]


def _time_column(table: CsvTable, settings: Settings) -> str:
    if settings.time_column is not None:
        table.require((settings.time_column,))
        return settings.time_column
    for name in table.columns:
        if name.lower().replace(" ", "_") in _TIMES:
            return name
    raise InputError(
        "no column of times", place=table.path,
        remedy=f"Name it with --time-column; columns there: {', '.join(table.columns)}.",
    )  # fmt: skip


def _power_column(table: CsvTable, settings: Settings) -> tuple[str, float]:
    if settings.power_column is not None:
        name, _, symbol = settings.power_column.partition("=")
        table.require((name,))
        if symbol:
            return name, _stated(symbol)
        return name, _scale(name) or 1.0
    found = [(name, scale) for name in table.columns if (scale := _scale(name)) is not None]
    if len(found) == 1:
        return found[0]
    problem = "several columns of power" if found else "no column of power"
    raise InputError(
        problem, place=table.path, value=[name for name, _ in found] or None,
        remedy=f"Choose one with --power-column NAME=UNIT; columns there: {', '.join(table.columns)}.",
    )  # fmt: skip


def _stated(symbol: str) -> float:
    chosen = unit(symbol)
    if not chosen.same_dimension(unit("W")):
        raise UnitError("is not a unit of power", place="--power-column", value=symbol, remedy="Use mW, W or kW.")
    return chosen.factor_to(unit("W"))


def _scale(name: str) -> float | None:
    """From the unit in a column's name to watts; None for a column that is not a power."""
    match = _POWER.fullmatch(name.strip())
    if match is None:
        return None
    return _UNITS[(match["unit"] or match["bare"] or "").lower()]
