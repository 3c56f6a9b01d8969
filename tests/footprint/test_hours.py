"""Pricing by the hour: shares, borders, clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.catalogue import hourly
from setsuden.errors import InputError
from setsuden.footprint import Window, footprint
from setsuden.footprint.hours import local_hours, priced
from setsuden.quantity import NODE, Estimate, Provenance

ONE_KWH = Estimate.exact(1.0, "kWh", Provenance.MEASURED, NODE)


def at(text: str, hours: float = 0.0, weight: float = 1.0) -> Window:
    return Window(datetime.fromisoformat(text), hours * 3600, weight)


def test_an_instant_takes_the_hour_it_lies_in() -> None:
    assert local_hours(at("2025-07-01T11:59+00:00"), "Europe/London") == [(7, 12, 1.0)]
    assert local_hours(at("2025-01-01T11:59+00:00"), "Europe/London") == [(1, 11, 1.0)]


def test_a_stretch_is_cut_at_full_hours_of_the_local_clock() -> None:
    cut = local_hours(at("2025-01-01T10:30+00:00", hours=2), "Europe/London")
    assert cut == [(1, 10, pytest.approx(0.25)), (1, 11, pytest.approx(0.5)), (1, 12, pytest.approx(0.25))]


def test_the_hour_that_is_skipped_and_the_hour_that_comes_twice_are_priced_as_lived() -> None:
    spring = local_hours(at("2025-03-30T00:00+00:00", hours=3), "Europe/London")
    assert [hour for _, hour, _ in spring] == [0, 2, 3]
    autumn = local_hours(at("2025-10-26T00:00+00:00", hours=3), "Europe/London")
    assert [hour for _, hour, _ in autumn] == [1, 1, 2]


def test_a_zone_at_a_half_hour_still_cuts_on_its_own_clock() -> None:
    cut = local_hours(at("2025-01-01T00:00+00:00", hours=1), "Asia/Kolkata")
    assert cut == [(1, 5, pytest.approx(0.5)), (1, 6, pytest.approx(0.5))]


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
    st.floats(0.001, 24 * 40),
    st.sampled_from(["Europe/London", "America/Phoenix", "Asia/Kolkata", "Australia/Lord_Howe"]),
)
@settings(max_examples=60)
def test_shares_of_any_stretch_sum_to_one(start: datetime, hours: float, zone: str) -> None:
    cut = local_hours(Window(start.replace(tzinfo=UTC), hours * 3600, 1.0), zone)
    assert sum(share for _, _, share in cut) == pytest.approx(1.0)
    assert all(share > 0 for _, _, share in cut)


def test_a_whole_day_costs_the_mean_of_its_hours() -> None:
    signal = hourly.signal("DE")
    start = datetime(2025, 1, 10, tzinfo=ZoneInfo("Europe/Berlin"))
    expected = sum(signal.at(1, hour).value for hour in range(24)) / 24
    assert priced(signal, [Window(start, 86400, 1.0)]).value == pytest.approx(expected)


def test_windows_weigh_by_their_energy() -> None:
    signal = hourly.signal("US-CAL-CISO")
    noon, night = at("2025-06-01T12:00-07:00", 1, weight=3.0), at("2025-06-01T22:00-07:00", 1, weight=1.0)
    expected = 0.75 * signal.at(6, 12).value + 0.25 * signal.at(6, 22).value
    assert priced(signal, [noon, night]).value == pytest.approx(expected)


def test_a_footprint_of_a_known_hour_is_priced_by_it() -> None:
    night = footprint(ONE_KWH, site="GB", at=datetime.fromisoformat("2025-01-15T03:10+00:00"))
    evening = footprint(ONE_KWH, site="GB", at=datetime.fromisoformat("2025-01-15T18:10+00:00"))
    assert night.operational_carbon.value < evening.operational_carbon.value
    assert night.basis == "lifecycle_with_imports_srren2011"
    assert "by_the_hour" in {note.key for note in night.notes}
    assert night.factors[0].year == 2020


def test_without_a_profile_the_year_of_the_time_is_used_and_said() -> None:
    result = footprint(ONE_KWH, site="JP", at=datetime(2019, 5, 1, tzinfo=timezone(timedelta(hours=9))))
    assert result.operational_carbon.value == pytest.approx(0.52849)
    assert "no_hourly" in {note.key for note in result.notes}


def test_a_year_beside_an_hourly_profile_is_said_to_be_unused() -> None:
    moment = datetime.fromisoformat("2025-01-15T03:10+00:00")
    asked, plain = (footprint(ONE_KWH, site="GB", at=moment, year=year) for year in (2025, None))
    assert asked.operational_carbon == plain.operational_carbon
    assert "year_unused" in {note.key for note in asked.notes}


def test_a_time_without_its_zone_is_refused() -> None:
    with pytest.raises(InputError, match="needs its zone"):
        footprint(ONE_KWH, site="GB", at=datetime(2025, 1, 1))
    with pytest.raises(InputError, match="at least one window"):
        priced(hourly.signal("GB"), [])
    with pytest.raises(InputError, match="when the energy was used"):
        footprint(ONE_KWH, signal=hourly.signal("GB"))
    with pytest.raises(InputError, match="ten years"):
        at("2025-01-01T00:00+00:00", hours=1e9)
    with pytest.raises(InputError, match="not negative"):
        at("2025-01-01T00:00+00:00", hours=-1)
