"""Trainings placed over recorded series: read with care, forecast from the past alone, judged on what was recorded."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.cli.main import main
from setsuden.errors import InputError
from setsuden.placement.network import link
from setsuden.placement.training import Job, Series, Site, answer, read_series
from setsuden.placement.training.forecasts import METHODS, forecast
from setsuden.placement.training.replay import starts
from setsuden.placement.training.schedule import pauses
from tests.schemas_support import validate

_NIGHT = [300.0, 280, 260, 250, 240, 250, 280, 320]
_NOON = [340.0, 300, 240, 180, 150, 140, 150, 180]
_EVENING = [240.0, 320, 400, 420, 400, 380, 350, 320]
DAY = np.array([*_NIGHT, *_NOON, *_EVENING])


def series(hours: int = 24 * 40, seed: int = 1, noise: float = 0.0) -> Series:
    spread = noise * np.random.default_rng(seed).standard_normal(hours)
    return Series(480_000, np.tile(DAY, hours // 24 + 1)[:hours] + spread, "test.csv")  # 480000 is midnight UTC


def job(home: Series, *others: Series, **changes: object) -> Job:
    path = link("inter-dc")
    sites = tuple(Site(f"S{n}", None, 1.0, None, item) for n, item in enumerate(others))
    plain = Job("test", 2.0, 6, 24, 0.0, 100.0, path.average, path.marginal, (1.0,), None, 9, 0.0, "EUR",
                Site("HOME", None, 1.0, None, home), sites)  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def written(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(["timestamp,g_per_kwh", *lines]) + "\n", encoding="utf-8")
    return path


def test_starting_now_is_what_was_recorded_from_the_start_on() -> None:
    found = answer(job(series()))
    assert found.now.carbon.value == pytest.approx(2.0 * DAY[9:15].sum() / 1e3)
    assert found.replay is not None
    assert len(found.replay.starts) == 32  # 40 days, a week before the first and a day after the last
    assert found.worlds == 32


def test_days_that_are_alike_are_foreseen_by_all_but_the_last_hour_kept() -> None:
    found = answer(job(series()))
    scores = {score.method: score for score in found.scores if score.site == "HOME"}
    assert set(scores) == set(METHODS)
    for method in ("day_ahead", "climatology", "perfect"):
        assert scores[method].error == pytest.approx(0.0, abs=1e-12)  # type: ignore[index]
        assert scores[method].saving["pause"] == pytest.approx(scores["perfect"].saving["pause"])  # type: ignore[index]
    kept = np.abs(DAY[8] - np.roll(DAY, -9)).mean() / DAY.mean()
    assert scores["persistence"].error == pytest.approx(kept)
    assert scores["persistence"].saving == {"start": 0.0, "pause": 0.0}  # a flat forecast gives no reason to wait


def test_savings_are_those_of_the_recorded_hours_by_hand() -> None:
    found = answer(job(series()))
    window = np.roll(DAY, -9)
    now = window[:6].sum()
    stretch = min(window[t : t + 6].sum() for t in range(19))
    lowest = np.sort(window)[:6].sum()
    savings = {item.strategy: item.saving.value for item in found.outcomes}
    assert savings["start"] == pytest.approx(1 - stretch / now)
    assert savings["pause"] == pytest.approx(1 - lowest / now)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10**6), method=st.sampled_from([m for m in METHODS if m != "perfect"]))
def test_a_forecast_never_looks_at_what_comes_after_the_start(seed: int, method: str) -> None:
    rng = np.random.default_rng(seed)
    past, future = rng.uniform(50, 500, 24 * 30), rng.uniform(50, 500, 48)
    one = forecast(method, np.concatenate([past, future]), past.size, 48)  # type: ignore[arg-type]
    other = forecast(method, np.concatenate([past, future[::-1]]), past.size, 48)  # type: ignore[arg-type]
    assert np.array_equal(one, other)


def test_no_forecast_beats_the_perfect_one_on_average() -> None:
    found = answer(job(series(noise=60.0), forecast="climatology"))
    best = next(score.saving["pause"] for score in found.scores if score.method == "perfect")
    assert all(score.saving["pause"] <= best + 1e-12 for score in found.scores if score.site == "HOME")


def test_gaps_are_named_and_starts_beside_them_are_left_out() -> None:
    whole = series()
    values = whole.g_per_kwh.copy()
    values[24 * 20 + 3 : 24 * 20 + 5] = np.nan
    holed = replace(whole, g_per_kwh=values)
    assert holed.gaps() == (
        (f"{(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=480_000 + 483)):%Y-%m-%dT%H:%MZ}", 2),
    )
    replay = starts({"a": holed}, 24, None, 9)
    assert (len(replay.starts), replay.skipped) == (32 - 8, 8)  # one day before it and seven after it


def test_series_without_a_whole_window_are_refused_with_their_gaps() -> None:
    values = series(24 * 9).g_per_kwh.copy()
    values[24 * 8 - 1] = np.nan
    with pytest.raises(InputError, match="Gaps: a "):
        starts({"a": replace(series(24 * 9), g_per_kwh=values)}, 24, None, None)


def test_where_starting_now_sometimes_emits_nothing_savings_are_those_of_the_other_times() -> None:
    home = series()
    some = home.g_per_kwh.copy()
    day = (480_000 + np.arange(some.size)) // 24
    some[day % 2 == 0] = 0.0  # every other day is clean
    found = answer(job(replace(home, g_per_kwh=some), forecast="perfect", deadline_hours=6))
    assert found.now.saving.value == 0.0
    assert found.now.carbon.value == pytest.approx(2.0 * DAY[9:15].sum() / 1e3 / 2, rel=0.05)
    other = answer(job(replace(home, g_per_kwh=some), home, deadline_hours=6)).outcomes[3]
    assert other.site == "S0"
    assert (other.saving.value, other.worse) == (pytest.approx(0.0), pytest.approx(0.5, abs=0.05))


def test_a_home_that_never_emits_anything_has_nothing_to_save() -> None:
    clean = replace(series(), g_per_kwh=np.zeros(24 * 40))
    with pytest.raises(InputError, match="nothing to save") as refused:
        answer(job(clean, series()))
    assert refused.value.place == "HOME"


def test_sites_are_replayed_at_the_same_hours() -> None:
    early = series()
    late = replace(series(), first=480_000 + 24 * 10)
    replay = starts({"a": early, "b": late}, 24, None, 9)
    assert replay.starts[0] == late.first + 7 * 24 + 9
    assert replay.starts[-1] <= early.end - 24


def test_data_on_its_way_delays_the_other_site_and_too_late_a_site_is_left_out() -> None:
    home, clean = series(), replace(series(), g_per_kwh=series().g_per_kwh / 10)
    found = answer(job(home, clean, move_hours=4))
    away = next(item for item in found.outcomes if (item.site, item.strategy) == ("S0", "now"))
    assert away.wait_h == 4
    assert away.carbon.value == pytest.approx(2.0 * np.roll(DAY, -9)[4:10].sum() / 1e4)
    late = answer(job(home, clean, move_hours=19))
    assert late.left_out == ("S0",)
    assert {item.site for item in late.outcomes} == {"HOME"}


def test_of_equally_good_hours_the_earliest_are_taken() -> None:
    assert np.flatnonzero(pauses(np.full(12, 100.0), 3, 0.2)).tolist() == [0, 1, 2]


def test_a_file_is_read_with_its_time_zones_and_parts_of_hours_are_averaged(tmp_path: Path) -> None:
    rows = ("00:30Z,200", "01:00Z,300", "01:30Z,", "02:00Z,400", "02:30Z,500")
    path = written(tmp_path / "a.csv", ["2025-06-01T09:00+09:00,100", *(f"2025-06-01T{row}" for row in rows)])
    found = read_series(path)
    assert found.g_per_kwh[[0, 2]].tolist() == [150.0, 450.0]
    assert np.isnan(found.g_per_kwh[1])  # half an hour is not an hour
    assert found.gaps() == (("2025-06-01T01:00Z", 1),)


@pytest.mark.parametrize(
    ("lines", "match"),
    [
        (["2025-06-01T00:00,1", "2025-06-01T01:00,2"], r":2.*time zone"),
        (["2025-06-01T01:00Z,1", "2025-06-01T00:00Z,2"], r":3.*later than the one before"),
        (["2025-06-01T00:00Z,1", "2025-06-01T00:00Z,2"], r":3.*later than the one before"),
        (["2025-06-01T00:00Z,-1", "2025-06-01T01:00Z,2"], r":2.*at least 0"),
        (["2025-06-01T00:00Z,nan", "2025-06-01T01:00Z,2"], r":2.*at least 0"),
        (["2025-06-01T00:00Z,1", "soon,2"], r":3.*not a timestamp"),
        (["2025-06-01T00:00Z,1", "2025-06-02T00:00Z,2"], "hourly or finer"),
        (["2025-06-01T00:00Z,1"], "at least two hours"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_with_its_line(tmp_path: Path, lines: list[str], match: str) -> None:
    import re

    with pytest.raises(InputError) as raised:
        read_series(written(tmp_path / "a.csv", lines))
    assert re.search(match, str(raised.value))


def test_missing_columns_and_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    with pytest.raises(InputError, match="cannot read the series"):
        read_series(path)
    path.write_text("time,carbon\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="time, carbon"):
        read_series(path)


def declared(tmp_path: Path, more: str = "", home: str = "series: {home}") -> Path:
    begin = datetime(2025, 3, 1, tzinfo=UTC)
    lines = [f"{(begin + timedelta(hours=h)).isoformat()},{DAY[h % 24]}" for h in range(24 * 20) if h != 400]
    source = written(tmp_path / "home.csv", lines)
    path = tmp_path / "train.yaml"
    path.write_text(
        "training:\n  power_kw: 1\n  hours: 4\n  deadline_hours: 24\n"
        f"  home: {{zone: here, {home.format(home=source)}}}\n{more}",
        encoding="utf-8",
    )
    return path


def test_a_declared_series_is_answered_by_schema_and_on_pages(tmp_path: Path) -> None:
    path = declared(tmp_path)
    done = CliRunner().invoke(main, ["place", str(path), "--json", "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    validate("place-training", document)
    assert document["replay"]["gaps"] == [{"site": "here", "from": "2025-03-17T16:00Z", "hours": 1}]
    assert document["job"]["forecast"] == "climatology"
    assert {item["method"] for item in document["forecasts"]} == set(METHODS)
    assert "never filled" in CliRunner().invoke(main, ["place", str(path)]).stdout
    assert "2025-03-17T16:00Z" in (tmp_path / "out" / "report.ja.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("more", "home", "match"),
    [
        ("  sites: [{zone: FR}]\n", "series: {home}", "for every site or for none"),
        ("  forecast_error: 0.1\n", "series: {home}", "it is measured"),
        ("", "pue: 1.2", "give month and utc_hour"),
        ("  month: 3\n  utc_hour: 1\n  forecast: perfect\n", "pue: 1.2", "belongs to recorded series"),
        ("  month: 7\n", "series: {home}", "no start has a recorded week"),
        ("", "series: nowhere.csv", "cannot read the series"),
        ("  moving: {data_gb: 1, country: JP}\n", "series: {home}", "upload speed of JP:fixed"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(tmp_path: Path, more: str, home: str, match: str) -> None:
    done = CliRunner().invoke(main, ["place", str(declared(tmp_path, more, home))])
    assert done.exit_code == 2, done.output
    assert match in done.stderr
