"""Each client against the shapes its service speaks; values recomputed by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from setsuden.errors import InputError
from setsuden.footprint import Window, footprint
from setsuden.footprint.live import LivePrice, live_intensity, source_for
from setsuden.quantity import NODE, Estimate, Provenance
from tests.live.service import Service, serving, settings

T = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
NOW = (T + timedelta(hours=6)).timestamp()


@pytest.fixture
def service(socket_enabled: None) -> Iterator[Service]:
    with serving() as found:
        yield found


def window(start: datetime = T, hours: float = 2.0, weight: float = 1.0) -> Window:
    return Window(start, hours * 3600.0, weight)


def price(service: Service, name: str, site: str, *windows: Window, fallback: str = "JP", **changes: Any) -> LivePrice:
    chosen = settings(service, None, lambda: NOW, **changes)
    return live_intensity(source_for(name, site), windows or (window(),), fallback, chosen)


def live(found: LivePrice) -> Estimate:
    assert found.fault is None, found.fault
    assert found.live
    return found.estimate


# -- Electricity Maps


def em(*values: float | None, start: datetime = T, **more: Any) -> list[dict[str, Any]]:
    return [
        {"datetime": (start + timedelta(hours=k)).isoformat().replace("+00:00", "Z"), "carbonIntensity": value,
         "emissionFactorType": "lifecycle", "isEstimated": False, **more}
        for k, value in enumerate(values)
    ]  # fmt: skip


def test_recent_hours_come_from_the_history(service: Service) -> None:
    service.answers["/v3/carbon-intensity/history"] = {"zone": "JP-TK", "history": em(400, 500, 600)}
    # 12:30 to 14:30 is half an hour at 400, an hour at 500, half an hour at 600
    found = price(service, "electricity-maps", "JP-TK", window(T + timedelta(minutes=30)))
    assert live(found).value == pytest.approx(500.0)
    assert live(found).provenance is Provenance.ESTIMATED
    (factor,) = found.estimate.factors
    assert factor.basis == "lifecycle_consumption_flow_traced"
    assert "measured 100%" in factor.name
    assert (factor.low, factor.high) == pytest.approx((450.0, 550.0))
    ((_, query, headers),) = service.asked
    assert query == {"zone": "JP-TK"}
    assert headers["Auth-Token"] == "em-token"
    assert found.code == "SET-LIVE"


def test_older_hours_are_asked_in_ranges(service: Service) -> None:
    start = T - timedelta(days=30)

    def answer(query: dict[str, str]) -> dict[str, Any]:
        begin, end = (datetime.fromisoformat(query[name]) for name in ("start", "end"))
        assert end - begin <= timedelta(hours=240)
        hours = int((end - begin).total_seconds() // 3600)
        return {"zone": "FR", "data": em(*[50.0] * hours, start=begin)}

    service.answers["/v3/carbon-intensity/past-range"] = answer
    assert live(price(service, "electricity-maps", "FR", window(start, 15 * 24))).value == pytest.approx(50.0)
    assert len(service.asked) == 2


def test_estimated_hours_are_called_so_and_are_less_certain(service: Service) -> None:
    service.answers["/v3/carbon-intensity/history"] = {"history": em(400, 400, isEstimated=True)}
    found = live(price(service, "electricity-maps", "JP-TK"))
    assert "estimated 100%" in found.factors[0].name
    assert (found.low, found.high) == pytest.approx((320.0, 480.0))


def test_a_null_hour_is_a_hole_and_a_hole_is_not_guessed(service: Service) -> None:
    service.answers["/v3/carbon-intensity/history"] = {"history": em(400, None, 600)}
    found = price(service, "electricity-maps", "JP-TK", window(T, 3.0))
    assert not found.live
    assert found.code == "SET-LIVE-NO-DATA"


def test_a_signal_that_ends_a_little_early_is_extended_and_one_that_ends_long_ago_is_stale(service: Service) -> None:
    service.answers["/v3/carbon-intensity/history"] = {"history": em(400, 600)}
    # two hours known, one hour more at the last value
    assert live(price(service, "electricity-maps", "JP-TK", window(T, 3.0))).value == pytest.approx(1600 / 3)
    assert price(service, "electricity-maps", "JP-TK", window(T, 4.5)).code == "SET-LIVE-STALE"


def test_another_time_zone_is_the_same_time(service: Service) -> None:
    tokyo = T.astimezone(timezone(timedelta(hours=9)))
    service.answers["/v3/carbon-intensity/history"] = {
        "history": [{"datetime": tokyo.isoformat(), "carbonIntensity": 321}]
    }
    assert live(price(service, "electricity-maps", "JP-TK", window(T, 1.0))).value == pytest.approx(321.0)


def test_windows_count_by_their_energy(service: Service) -> None:
    service.answers["/v3/carbon-intensity/history"] = {"history": em(100, 500)}
    windows = (window(T, 1.0, weight=3.0), window(T + timedelta(hours=1), 1.0, weight=1.0))
    assert live(price(service, "electricity-maps", "JP-TK", *windows)).value == pytest.approx(200.0)


# -- WattTime


def wt(*values: float, units: str = "lbs_co2_per_mwh") -> dict[str, Any]:
    data = [{"point_time": (T + timedelta(minutes=5 * k)).isoformat(), "value": v} for k, v in enumerate(values)]
    return {"data": data, "meta": {"region": "CAISO_NORTH", "units": units, "data_point_period_seconds": 300}}


def test_pounds_per_megawatt_hour_become_grams_and_stay_marginal(service: Service) -> None:
    service.answers |= {"/login": {"token": "t"}, "/v3/historical": wt(1000.0, 1000.0)}
    found = live(price(service, "watttime", "CAISO_NORTH", window(T, 1 / 6), fallback="US-CA"))
    assert found.value == pytest.approx(453.59237)
    assert found.factors[0].basis == "marginal_operating_direct"
    (_, _, login), (_, query, data) = service.asked
    assert login["Authorization"] == "Basic dXNlcjpwYXNz"
    assert data["Authorization"] == "Bearer t"
    assert query["signal_type"] == "co2_moer"


def test_another_unit_is_refused_rather_than_misread(service: Service) -> None:
    service.answers |= {"/login": {"token": "t"}, "/v3/historical": wt(1.0, units="kg_co2_per_mwh")}
    assert price(service, "watttime", "CAISO_NORTH", fallback="US").code == "SET-LIVE-SHAPE"


# -- Great Britain


def gb(actual: float | None, forecast: float) -> Any:
    def answer(query: dict[str, str]) -> dict[str, Any]:
        slots = [
            {"from": (T + timedelta(minutes=30 * k)).strftime("%Y-%m-%dT%H:%MZ"),
             "to": (T + timedelta(minutes=30 * k + 30)).strftime("%Y-%m-%dT%H:%MZ"),
             "intensity": {"forecast": forecast, "actual": actual, "index": "moderate"}}
            for k in range(5)
        ]  # fmt: skip
        return {"data": slots}

    return answer


@pytest.mark.parametrize(("actual", "expected", "kind"), [(263.0, 263.0, "measured"), (None, 266.0, "forecast")])
def test_the_actual_value_is_taken_and_else_the_forecast(
    service: Service, actual: float | None, expected: float, kind: str
) -> None:
    service.answers["/intensity/2026-06-01T12:00Z/2026-06-01T14:30Z"] = gb(actual, 266.0)
    found = live(price(service, "gb", "GB", fallback="GB"))
    assert found.value == pytest.approx(expected)
    assert f"{kind} 100%" in found.factors[0].name
    assert found.factors[0].licence == "CC BY 4.0"


# -- ENTSO-E


def gl(*series: tuple[str, str, list[tuple[int, float]]], hours: int = 2, out: str = "") -> bytes:
    def one(kind: str, resolution: str, points: list[tuple[int, float]]) -> str:
        inside = "".join(f"<Point><position>{p}</position><quantity>{q}</quantity></Point>" for p, q in points)
        domain = "out" if kind == out else "in"
        end = T + timedelta(hours=hours)
        return (
            f"<TimeSeries><{domain}BiddingZone_Domain.mRID>X</{domain}BiddingZone_Domain.mRID>"
            f"<MktPSRType><psrType>{kind}</psrType></MktPSRType><Period><timeInterval><start>{T:%Y-%m-%dT%H:%MZ}</start>"
            f"<end>{end:%Y-%m-%dT%H:%MZ}</end></timeInterval><resolution>{resolution}</resolution>{inside}"
            "</Period></TimeSeries>"
        )

    body = "".join(one(*item) for item in series)
    return f'<?xml version="1.0"?><GL_MarketDocument xmlns="urn:x:3:0">{body}</GL_MarketDocument>'.encode()


def test_a_fuel_mix_becomes_an_intensity(service: Service) -> None:
    # nuclear 12, gas 490 g/kWh: (3000 x 12 + 1000 x 490) / 4000 = 131.5, then (3000 x 12 + 3000 x 490) / 6000 = 251
    service.answers["/api"] = gl(("B14", "PT60M", [(1, 3000), (2, 3000)]), ("B04", "PT60M", [(1, 1000), (2, 3000)]))
    found = live(price(service, "entsoe", "FR", fallback="FR"))
    assert found.value == pytest.approx((131.5 + 251.0) / 2)
    ((_, query, _),) = service.asked
    assert query["documentType"] == "A75"
    assert query["in_Domain"] == "10YFR-RTE------C"
    assert (query["periodStart"], query["periodEnd"]) == ("202606010000", "202606020000")
    assert query["securityToken"] == "entsoe-token"


def test_a_point_left_out_repeats_the_one_before_and_resolutions_mix(service: Service) -> None:
    service.answers["/api"] = gl(
        ("B14", "PT60M", [(1, 1000)]),  # A03: also the second hour
        ("B04", "PT15M", [(1, 0), (5, 1000)]),
    )
    assert live(price(service, "entsoe", "FR", fallback="FR")).value == pytest.approx((12.0 + 251.0) / 2)


def test_pumped_storage_and_own_consumption_are_no_generation(service: Service) -> None:
    service.answers["/api"] = gl(
        ("B14", "PT60M", [(1, 1000)]), ("B10", "PT60M", [(1, 9000)]), ("B16", "PT60M", [(1, 5000)]), out="B16"
    )
    assert live(price(service, "entsoe", "FR", fallback="FR")).value == pytest.approx(12.0)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<Acknowledgement_MarketDocument><Reason><text>No matching data</text></Reason>"
         b"</Acknowledgement_MarketDocument>", "SET-LIVE-NO-DATA"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><GL_MarketDocument/>', "SET-LIVE-SHAPE"),
        (b"<GL_MarketDocument", "SET-LIVE-SHAPE"),
        (b"<GL_MarketDocument/>", "SET-LIVE-NO-DATA"),
        (gl(("B14", "P1Y", [(1, 1.0)])), "SET-LIVE-SHAPE"),
    ],
)  # fmt: skip
def test_other_documents_fall_back(service: Service, body: bytes, code: str) -> None:
    service.answers["/api"] = body
    assert price(service, "entsoe", "FR", fallback="FR").code == code


# -- Japan

JST = datetime(2026, 6, 1, 21, 0)  # T, on Japanese clocks
HEAD = "DATE,TIME,エリア需要,原子力,火力（LNG）,火力（石炭）,火力（石油）,火力（その他）,水力,地熱,バイオマス,"
HEAD += "太陽光発電実績,太陽光出力制御量,風力発電実績,風力出力制御量,揚水,蓄電池,連系線,その他,合計"


def area(encoding: str = "cp932", date: str = "2026/6/1", minutes: int = 0, head: str = HEAD) -> bytes:
    def row(k: int) -> str:
        at = JST + timedelta(minutes=30 * k + minutes)
        # nuclear 1000, LNG 1000, 500 curtailed, 300 pumped, 0 over the tie line
        figures = "2000,1000,1000,0,0,0,0,0,0,0,500,0,0,-300,0,0,0,2000"
        return f"{date},{at.hour}:{at.minute:02d},{figures}"

    lines = ["単位[MW平均]", "", head, *(row(k) for k in range(5)), f"{date},23:30,,,,,,,,,,,,,,,,,,"]
    return "\r\n".join(lines).encode(encoding)


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("date", ["2026/6/1", "2026/06/01", "20260601"])
def test_an_area_is_read_in_any_encoding_and_date(service: Service, encoding: str, date: str) -> None:
    service.answers["/eria_jukyu_202606_03.csv"] = area(encoding, date)
    found = live(price(service, "japan", "JP-TK"))
    assert found.value == pytest.approx((12.0 + 490.0) / 2)
    assert found.factors[0].basis == "lifecycle_generation_imports_at_national_mean"


def test_kyushu_labels_the_end_of_a_slot(service: Service) -> None:
    service.answers["/eria_jukyu_202606_09.csv"] = area(minutes=30)
    at_start = price(service, "japan", "JP-KY", window(T, 0.5), max_stale_s=0.0)
    assert live(at_start).value == pytest.approx(251.0)


def test_what_comes_over_the_tie_line_counts_at_the_national_mean(service: Service) -> None:
    from setsuden.catalogue import grid

    head = "DATE,TIME,原子力,連系線"
    rows = "\r\n".join(f"2026/6/1,{21 + k // 2}:{30 * (k % 2):02d},1000,1000" for k in range(5))
    service.answers["/eria_jukyu_202606_03.csv"] = f"{head}\r\n{rows}".encode("cp932")
    expected = (12.0 + grid.intensity("JP").value) / 2
    assert live(price(service, "japan", "JP-TK")).value == pytest.approx(expected)


def test_thermal_as_a_whole_does_not_count_twice_beside_its_fuels(service: Service) -> None:
    head = "DATE,TIME,原子力,火力,火力(LNG)"
    rows = "\r\n".join(f"2026/6/1,{21 + k // 2}:{30 * (k % 2):02d},1000,1000,1000" for k in range(5))
    service.answers["/eria_jukyu_202606_03.csv"] = f"{head}\r\n{rows}".encode("cp932")
    assert live(price(service, "japan", "JP-TK")).value == pytest.approx(251.0)


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe\x00", "DATE,TIME,天気\n2026/6/1,21:00,晴\n".encode("cp932"), b"<html>"]
)
def test_other_files_fall_back(service: Service, body: bytes) -> None:
    service.answers["/eria_jukyu_202606_03.csv"] = body
    assert price(service, "japan", "JP-TK").code == "SET-LIVE-SHAPE"


# -- use


def test_a_live_figure_prices_a_footprint_with_its_basis(service: Service) -> None:
    service.answers["/v3/carbon-intensity/history"] = {"history": em(200, 200)}
    energy = Estimate.exact(10.0, "kWh", Provenance.MEASURED, NODE)
    result = footprint(energy, intensity=live(price(service, "electricity-maps", "JP-TK")))
    assert result.operational_carbon.value == pytest.approx(2.0)
    assert result.intensity.estimate.provenance is Provenance.ESTIMATED
    assert result.basis == "lifecycle_consumption_flow_traced"


@pytest.mark.parametrize(
    ("name", "site", "remedy"),
    [("nonsense", "JP", "gb"), ("gb", "JP", "GB"), ("entsoe", "JP", "FR"), ("japan", "JP-OK", "JP-TK")],
)
def test_a_source_that_does_not_serve_the_place_says_which_it_serves(name: str, site: str, remedy: str) -> None:
    with pytest.raises(InputError, match=remedy):
        source_for(name, site)
