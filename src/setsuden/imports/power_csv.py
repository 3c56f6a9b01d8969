"""A CSV of time and power, or of time and a meter's running energy: wall meters, BMC logs, anything else.

Time: a column such as ``time``, ``timestamp``, ``t_s``, ``elapsed_ms``, or a ``date`` beside a ``time`` of day. Power:
``power_w``, ``watts``, ``power_mw``, ``kw`` ... Where there is no power, energy that was counted since some start:
``energy_kwh``, ``Energy (Wh)``, ``kWh``. Other names are chosen with ``--time-column``, ``--power-column`` and
``--energy-column``, the unit behind the column's name, as in ``--power-column "Active Power=kW"``.
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

_TIMES = re.compile(
    r"(?:time|timestamp|datetime|date|t(?=[ _(\[])|unix[ _]time|epoch|elapsed(?:[ _]time)?|seconds)"
    r"(?:[ _(\[]*(?:ms|us|ns|s|sec|seconds|min|minutes|h|hours)[)\]]?)?", re.I
)  # fmt: skip
_SECONDS = {"ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60.0, "minutes": 60.0, "h": 3600.0, "hours": 3600.0}
_OF_DAY = re.compile(r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?(Z|[+-]\d{2}:?\d{2})?")
_POWER = re.compile(
    r"(?:power|watts?|p)(?:[ _(\[]*(?P<unit>[muk]?w|(?:milli|kilo)?watts?)[)\]]?)?|(?P<bare>kw|mw|w)", re.I
)
# As written in a column's name, where "mW" and "MW" cannot be told apart by people who write in lower case.
_UNITS = {"": 1.0, "w": 1.0, "watt": 1.0, "watts": 1.0, "mw": 1e-3, "milliwatt": 1e-3, "milliwatts": 1e-3,
          "uw": 1e-6, "kw": 1e3, "kilowatt": 1e3, "kilowatts": 1e3}  # fmt: skip
# Energy without a unit in its name could be anything.
_ENERGY = re.compile(r"(?:(?:total[ _]?)?energy[ _(\[]*)?(?P<unit>k?wh|k?j|joules?)[)\]]?", re.I)
_JOULES = {"wh": 3600.0, "kwh": 3.6e6, "j": 1.0, "joule": 1.0, "joules": 1.0, "kj": 1e3}


def read(path: Path, settings: Settings) -> list[Imported]:
    """One run."""
    table = read_csv(path)
    if not table.rows:
        raise InputError("holds no samples", place=str(path))
    time, clock = _time_columns(table, settings)
    column, scale, counter = _value_column(table, settings)
    times: list[float] = []
    values: list[float] = []
    for line, cells in table.rows:
        value = number(cells[column], f"{path}, line {line}, column {column}")
        if value is not None:
            said = " ".join(cells[name] for name in time)
            times.append(clock.seconds(said, f"{path}, line {line}, column {' and '.join(time)}"))
            values.append(value * scale)
    component = settings.component or "board"
    label = "wall meter" if component == "board" else component
    series = Series(f"csv/{component}", component, f"{label} ({column})", times, values, error=WALL, counter=counter)
    return [run_of("csv", path.stem, [series], clock, settings)]


def _time_columns(table: CsvTable, settings: Settings) -> tuple[tuple[str, ...], Clock]:
    """The column of times, or date and time of day beside each other, and the clock that reads them."""
    if settings.time_column is not None:
        table.require((settings.time_column,))
        return (settings.time_column,), Clock(settings.zone, _seconds(settings.time_column))
    found = [name for name in table.columns if _TIMES.fullmatch(name)]
    if not found:
        raise InputError(
            "no column of times", place=table.path,
            remedy=f"Name it with --time-column; columns there: {', '.join(table.columns)}.",
        )  # fmt: skip
    by_name = {name.lower(): name for name in found}
    first = table.rows[0][1]
    if "date" in by_name and "time" in by_name and _OF_DAY.fullmatch(first[by_name["time"]]):
        return (by_name["date"], by_name["time"]), Clock(settings.zone)
    return (found[0],), Clock(settings.zone, _seconds(found[0]))


def _seconds(name: str) -> float | None:
    """Of the unit in a column's name; None where it has none, or seconds, which need no telling."""
    words = re.findall(r"[a-z]+", name.lower())
    return _SECONDS.get(words[-1]) if words else None


def _value_column(table: CsvTable, settings: Settings) -> tuple[str, float, bool]:
    """The column, from its unit to W or J, and whether it counts joules."""
    chosen = settings.power_column or settings.energy_column
    if settings.power_column and settings.energy_column:
        raise InputError("--power-column and --energy-column exclude each other", place="--energy-column", value=chosen)
    if chosen:
        name, _, symbol = chosen.partition("=")
        table.require((name,))
        if settings.power_column:
            return name, _stated(symbol, "W") if symbol else _scale(name) or 1.0, False
        scale = _stated(symbol, "J") if symbol else _joules(name)
        if scale is None:
            raise InputError(
                "energy without a unit", place="--energy-column", value=name, remedy="Say NAME=UNIT: Wh, kWh or J."
            )
        return name, scale, True
    powers = [(name, scale, False) for name in table.columns if (scale := _scale(name)) is not None]
    energies = [(name, scale, True) for name in table.columns if (scale := _joules(name)) is not None]
    found = powers or energies
    if len(found) == 1:
        return found[0]
    if powers:
        problem, option = "several columns of power", "--power-column"
    elif energies:
        problem, option = "several columns of energy", "--energy-column"
    else:
        problem, option = "no column of power or energy", "--power-column/--energy-column"
    raise InputError(
        problem, place=table.path, value=[name for name, _, _ in found] or None,
        remedy=f"Choose one with {option} NAME=UNIT; columns there: {', '.join(table.columns)}.",
    )  # fmt: skip


def _stated(symbol: str, wanted: str) -> float:
    chosen = unit(symbol)
    if chosen.same_dimension(unit(wanted)):
        return chosen.factor_to(unit(wanted))
    if wanted == "W":
        raise UnitError("is not a unit of power", place="--power-column", value=symbol, remedy="Use mW, W or kW.")
    raise UnitError("is not a unit of energy", place="--energy-column", value=symbol, remedy="Use J, Wh or kWh.")


def _scale(name: str) -> float | None:
    """From the unit in a column's name to watts; None for a column that is not a power."""
    match = _POWER.fullmatch(name.strip())
    if match is None:
        return None
    return _UNITS[(match["unit"] or match["bare"] or "").lower()]


def _joules(name: str) -> float | None:
    """From the unit in a column's name to joules; None for a column that is no energy."""
    match = _ENERGY.fullmatch(name.strip())
    return None if match is None else _JOULES[match["unit"].lower()]
