"""The ways in which loggers write a table: separators, decimal commas, dates, zones, units, energy instead of power."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.imports.support import codes, file, joules, refused, run

T0 = 1_767_225_600  # 2026-01-01T00:00:00Z
BERLIN = ZoneInfo("Europe/Berlin")
WATTS = [100.25 + 3.5 * k for k in range(60)]
TRUTH_J = sum(0.5 * (a + b) for a, b in pairwise(WATTS))


def at(second: float, form: str, zone: ZoneInfo | None = None) -> str:
    return datetime.fromtimestamp(T0 + second, zone or UTC).strftime(form)


def table(head: str, form: str = "%Y-%m-%dT%H:%M:%SZ", separator: str = ",", number: str = "{:.2f}") -> str:
    rows = (separator.join((at(k, form), number.format(w))) for k, w in enumerate(WATTS))
    return head + "\n" + "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    "content",
    [
        table("time;power_w", separator=";").replace(".", ","),
        table("time\tpower_w", separator="\t").replace(".", ","),
        table("time,power_w", number='"{:.2f}"').replace(".", ","),
        table("sep=;\ntime;power_w", separator=";").replace(".", ","),
        table("# logger 7\n#\n\ntime,power_w"),
        table("time;power_w", "%d.%m.%Y %H:%M:%S+0000", ";"),
        table("time,power_w", "%Y/%m/%d %H:%M:%SZ"),
        table("Date,Time,power_w", "%Y-%m-%d,%H:%M:%SZ"),
        table("time;Power (W)", separator=";"),
    ],
)
def test_a_table_is_read_in_the_ways_in_which_it_is_written(tmp_path: Path, content: str) -> None:
    found = run("csv", file(tmp_path, "w.csv", content))
    assert joules(found) == pytest.approx(TRUTH_J)
    assert found.started_at == "2026-01-01T00:00:00.000+00:00"


def test_thousands_are_told_from_decimals(tmp_path: Path) -> None:
    rows = "".join(f"{T0 + k};1.234,5\n{T0 + k + 1};987,5\n" for k in range(0, 20, 2))
    found = run("csv", file(tmp_path, "w.csv", "time;power_mw\n" + rows))
    assert joules(found) == pytest.approx(1.111 * 19)


def test_a_comma_that_may_be_thousands_is_refused(tmp_path: Path) -> None:
    rows = "".join(f'{T0 + k},"1,234"\n' for k in range(20))
    assert "1,234" in refused("csv", file(tmp_path, "w.csv", "time,power_mw\n" + rows))


def test_a_table_in_utf_16_is_read(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_bytes(table("time,power_w").encode("utf-16"))
    assert joules(run("csv", str(path))) == pytest.approx(TRUTH_J)


@pytest.mark.parametrize(
    ("column", "scale"),
    [("elapsed_ms", 1e3), ("t [ms]", 1e3), ("t (s)", 1.0), ("Time (min)", 1 / 60), ("time_us", 1e6)],
)
def test_the_unit_of_time_is_in_the_name_of_its_column(tmp_path: Path, column: str, scale: float) -> None:
    rows = "".join(f"{k * scale},{w}\n" for k, w in enumerate(WATTS))
    assert joules(run("csv", file(tmp_path, "w.csv", f"{column},power_w\n{rows}"))) == pytest.approx(TRUTH_J)


def test_a_temperature_is_no_time(tmp_path: Path) -> None:
    assert "--time-column" in refused("csv", file(tmp_path, "w.csv", "T,power_w\n20,1\n21,1\n"))


def test_nanoseconds_since_1970_are_read(tmp_path: Path) -> None:
    rows = "".join(f"{(T0 + k) * 10**9},{w}\n" for k, w in enumerate(WATTS))
    assert joules(run("csv", file(tmp_path, "w.csv", "time,power_w\n" + rows))) == pytest.approx(TRUTH_J)


@pytest.mark.parametrize("begin", ["2026-10-25T00:40Z", "2026-03-29T00:40Z"])
def test_local_times_go_on_through_the_change_of_the_clocks(tmp_path: Path, begin: str) -> None:
    first_s = datetime.fromisoformat(begin).timestamp() - T0
    rows = "".join(f"{at(first_s + 60 * k, '%Y-%m-%d %H:%M:%S', BERLIN)},{100 + k}\n" for k in range(120))
    found = run("csv", file(tmp_path, "w.csv", "time,power_w\n" + rows), "--timezone", "Europe/Berlin")
    assert joules(found) == pytest.approx(60 * sum(100.5 + k for k in range(119)))
    assert codes(found) == []


def test_a_file_that_begins_in_an_hour_that_comes_twice_says_so(tmp_path: Path) -> None:
    first_s = datetime.fromisoformat("2026-10-25T01:10Z").timestamp() - T0
    rows = "".join(f"{at(first_s + k, '%Y-%m-%d %H:%M:%S', BERLIN)},100\n" for k in range(30))
    found = run("csv", file(tmp_path, "w.csv", "time,power_w\n" + rows), "--timezone", "Europe/Berlin")
    assert joules(found) == pytest.approx(2900.0)
    assert codes(found) == ["SET-IMPORT-ZONE"]


def test_many_samples_of_one_second_count_as_their_mean(tmp_path: Path) -> None:
    rows = "".join(f"{T0 + k},{100 + 10 * part}\n" for k in range(20) for part in range(-5, 6))
    assert joules(run("csv", file(tmp_path, "w.csv", "time,power_w\n" + rows))) == pytest.approx(1900.0)


# -- a meter's running energy


def counted(unit_j: float, places: int = 9) -> str:
    total, rows = 7e6, []
    for k, (a, b) in enumerate(pairwise([*WATTS, WATTS[-1]])):
        rows.append(f"{T0 + k},{total / unit_j:.{places}f}")
        total += 0.5 * (a + b)
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    ("column", "unit_j"),
    [("energy_kwh", 3.6e6), ("Energy (Wh)", 3600.0), ("kWh", 3.6e6), ("total_energy_j", 1.0), ("energy [kJ]", 1e3)],
)
def test_energy_is_counted_where_there_is_no_power(tmp_path: Path, column: str, unit_j: float) -> None:
    found = run("csv", file(tmp_path, "w.csv", f"time,{column}\n" + counted(unit_j)))
    assert joules(found) == pytest.approx(TRUTH_J, rel=1e-4)
    assert found.channels[0].method == "counter"


def test_energy_of_any_name_is_chosen_with_its_unit(tmp_path: Path) -> None:
    path = file(tmp_path, "w.csv", "time,Zählerstand\n" + counted(3600.0))
    assert joules(run("csv", path, "--energy-column", "Zählerstand=Wh")) == pytest.approx(TRUTH_J, rel=1e-4)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--energy-column", "x"), "energy without a unit"),
        (("--energy-column", "x=W"), "not a unit of energy"),
        (("--energy-column", "x=Wh", "--power-column", "x=W"), "exclude each other"),
    ],
)
def test_wrong_choices_of_energy_are_refused(tmp_path: Path, words: tuple[str, ...], expected: str) -> None:
    assert expected in refused("csv", file(tmp_path, "w.csv", "time,x\n0,1\n1,2\n2,3\n"), *words)


def test_joules_of_single_intervals_are_no_counter(tmp_path: Path) -> None:
    rows = "".join(f"{T0 + k},{0.02 + 0.01 * (k % 3)}\n" for k in range(60))
    assert "counts nothing" in refused("csv", file(tmp_path, "w.csv", "time,energy_wh\n" + rows))


def test_a_counter_of_coarse_steps_says_what_its_ends_hide(tmp_path: Path) -> None:
    rows = "".join(f"{T0 + k},{80 * k // 3600 / 1000}\n" for k in range(600))
    energy = run("csv", file(tmp_path, "w.csv", "time,energy_kwh\n" + rows)).summary.energy
    assert energy is not None
    assert energy.low <= energy.value - 3600 < energy.value + 3600 <= energy.high
    assert energy.low <= 80 * 599 <= energy.high
