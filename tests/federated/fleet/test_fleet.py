"""Fleets as declared: figures looked up or asked for, and the world that training runs in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.federated.fleet import Place, Profile, country, hourly, known, load, load_example, read, steady, world
from setsuden.federated.world import World
from setsuden.places import parse_yaml
from tests.federated.price.builder import device, exact, fleet, group

LEAST = """
devices:
  board: {macs_per_s: 1.0e9, active_w: 10, idle_w: 2}
server: {device: board, country: FR}
clients:
  - {count: 4, device: board, country: FR, link: {up_mbps: 10}}
"""


def declared(text: str, clients: int | None = None):
    return read(parse_yaml(text, "fleet.yaml"), clients)


def test_the_example_is_a_fleet_and_says_what_is_declared():
    found = load_example(50)
    assert found.clients == 50
    assert sorted(np.bincount(found.group).tolist()) == [10, 15, 25]
    assert {one.place.name for one in found.groups} == {"FR", "US", "CN"}
    phone = found.groups[0].device
    assert phone.active_w.factors
    assert phone.rx_w is not None


def test_a_file_is_read_and_a_missing_one_is_named(tmp_path: Path):
    path = tmp_path / "fleet.yaml"
    path.write_text(LEAST, encoding="utf-8")
    assert load(path).clients == 4
    with pytest.raises(InputError, match=r"nowhere\.yaml"):
        load(tmp_path / "nowhere.yaml")


def test_rates_of_a_country_come_from_the_catalogue_and_uploads_are_asked_for():
    found = declared(LEAST)
    assert found.down[0] == pytest.approx(152.45e6 / 8)
    assert found.up[0] == pytest.approx(10e6 / 8)
    with pytest.raises(InputError, match=r"fleet.yaml:6: clients\[0\]\.link.*no upload rate"):
        declared(LEAST.replace("link: {up_mbps: 10}", "link: {technology: fixed}"))
    both = declared(LEAST.replace("link: {up_mbps: 10}", "link: {rates: WORLD}"))
    assert (both.down[0], both.up[0]) == (pytest.approx(85.73e6 / 8), pytest.approx(45.74e6 / 8))
    with pytest.raises(InputError, match="Use one of: fixed, mobile"):
        declared(LEAST.replace("{up_mbps: 10}", "{technology: 6g, down_mbps: 1, up_mbps: 1}"))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "{catalogue: jetson-tx2, macs_per_s: 1e9}",
            "no power while training of jetson-tx2 .its design power is 15 W.",
        ),
        ("{catalogue: jetson-tx2, macs_per_s: 1e9, active_w: 9}", "no idle power of jetson-tx2"),
        ("{catalogue: pixel-7}", "which no catalogue knows for training"),
        ("{catalogue: pixel-7, share_of_peak: 0.2}", "no peak rate is known"),
        ("{macs_per_s: 1e9, idle_w: 1}", "power while training is needed"),
        ("{macs_per_s: 1e9, idle_w: 1, active_w: 2, j_per_mac: 1}", "either active_w or j_per_mac"),
        ("{catalogue: pixel-77, macs_per_s: 1e9}", "pixel-77.*Nearest: pixel-7,.*macs_per_s, active_w and idle_w"),
        ("{macs_per_s: 1e9, idle_w: 1, active_w: 2, watts: 3}", "unknown key"),
    ],
)
def test_what_the_catalogue_does_not_know_is_asked_for_and_nothing_is_guessed(row: str, message: str):
    text = LEAST.replace("{macs_per_s: 1.0e9, active_w: 10, idle_w: 2}", row)
    with pytest.raises(InputError, match=rf"fleet\.yaml:3.*{message}"):
        declared(text)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("device: board, country: FR, link", "device: bord, country: FR, link", "no such device.*Did you mean board"),
        ("country: FR, link", "country: XQ, link", "XQ"),
        ("count: 4", "count: 4, share: 0.5", "either count or share"),
        ("count: 4", "share: 0.5", "need the number of clients"),
        (
            "count: 4",
            "count: 4, available: {from_hour: 22, to_hour: 6}",
            r"clients\[0\]\.available.*need its time zone",
        ),
        ("count: 4", "count: 4, available: {from_hour: 22, to_hour: 6, timezone: Mars/One}", "unknown time zone"),
        ("count: 4", "count: 4, drop_out: 1", "must be below 1"),
        ("count: 4", "count: 4, grid: {zone: ZZ}", "no hourly profile"),
        ("server: {device: board, country: FR}", "server: {device: board, country: FR, pue: 0.9}", "pue is at least 1"),
    ],
)
def test_wrong_declarations_say_what_and_where(old: str, new: str, message: str):
    with pytest.raises(InputError, match=message):
        declared(LEAST.replace(old, new))


def test_shares_become_whole_clients_that_add_up():
    text = LEAST.replace("count: 4", "share: 0.34") + "\n".join(
        f"  - {{share: 0.33, device: board, country: {code}, link: {{up_mbps: 10}}}}" for code in ("US", "CN")
    )
    assert sorted(np.bincount(declared(text, 10).group).tolist()) == [3, 3, 4]
    with pytest.raises(InputError, match="add up to 1"):
        declared(text.replace("0.34", "0.4"), 10)


def test_a_window_in_local_hours_becomes_hours_of_utc():
    window = "count: 4, available: {from_hour: 22, to_hour: 6.5, utc_offset_h: 9, share: 0.5}"
    hours = declared(LEAST.replace("count: 4", window)).groups[0].available
    assert [hour for hour in range(24) if hours[hour] > 0] == list(range(13, 22))
    assert hours[13] == 0.5
    assert hours[21] == pytest.approx(0.25)
    listed = "count: 4, available: {by_hour: [" + "1, " + "0, " * 23 + "], utc_offset_h: 2}"
    assert declared(LEAST.replace("count: 4", listed.replace(", ]", "]"))).groups[0].available[22] == 1.0
    half = declared(LEAST.replace("count: 4", listed.replace(", ]", "]").replace("h: 2", "h: 5.5"))).groups[0].available
    assert (half[18], half[19], sum(half)) == (0.5, 0.5, 1.0)  # midnight to one in Mumbai is 18:30 to 19:30 UTC


def test_devices_and_grids_of_the_catalogue_carry_their_source():
    row = known("pixel-7")
    assert row.active_w is not None
    assert row.active_w.factors[0].basis == "pixel-7"
    for watts in (row.active_w, row.idle_w, row.rx_w, row.tx_w):
        assert watts is not None
        assert watts.low == pytest.approx(0.85 * watts.value)
        assert watts.high >= 1.15 * watts.value - 1e-12
        assert watts.factors[1].source == "own judgement"
    assert known("A100").active_w is not None
    place = country("FR")
    assert place.factors
    assert place.low < 1 < place.high
    day = hourly("FR", 6)
    assert len(day.hours) == 24
    assert len(set(day.hours)) > 1


def test_the_world_keeps_the_protocol_and_the_fleets_figures():
    phones = group(
        "p", device=device(rx_w=exact(1.0, "W"), tx_w=exact(3.0, "W"), step_s=0.5), available=(1.0,) * 12 + (0.0,) * 12
    )
    on = fleet(phones, counts=(3,), start_utc_hour=10.0)
    here: World = world(on, 3)
    assert here.compute_s(0, 2e9, 4) == pytest.approx(4.0)
    assert (here.down_s(0, 10**6), here.up_s(0, 10**6)) == (pytest.approx(1.0), pytest.approx(2.0))
    assert here.available(0).all()
    assert not here.available(2.5 * 3600).any()
    assert here.intensity_g_per_kwh(0).tolist() == [400.0] * 3
    assert here.spare_w(0) is None
    assert here.turn_j(0, 2e9, 4, 10**6, 10**6) == pytest.approx(40.0 + 1.0 + 6.0 + 3 * 2.0)
    assert here.regions == ("XX",) * 3
    with pytest.raises(InputError, match="3 clients, the data 4"):
        world(on, 4)


def test_a_share_awake_is_drawn_from_the_seed_and_kept_for_the_hour():
    on = fleet(group(available=(0.4,) * 24), counts=(2000,))
    here = world(on)
    assert here.available(10).tolist() == here.available(3000).tolist()
    assert here.available(10).tolist() != here.available(3700).tolist()
    assert 0.35 < here.available(10).mean() < 0.45


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0, 1000), min_size=24, max_size=48).filter(lambda hours: len(hours) in (24, 48)),
    st.floats(0, 23.99),
    st.floats(0, 4e5),
    st.floats(0, 3e5),
)
def test_the_mean_over_a_stretch_is_that_of_small_steps(hours, start_hour, begin, lasting):
    profile = Profile([hours], start_hour)
    row = np.zeros(1, dtype=np.intp)
    steps = np.linspace(begin, begin + lasting, 20001)
    middles = (steps[1:] + steps[:-1]) / 2
    brute = profile.at(np.zeros(len(middles), dtype=np.intp), middles).mean()
    mean = profile.mean(row, np.array([begin]), np.array([begin + lasting]))[0]
    assert mean == pytest.approx(brute, abs=2e-3 * max(hours) + 1e-9)


def test_moving_and_equipping_a_fleet_change_only_that():
    on = fleet(group(speed_spread=0.5), counts=(5,))
    there = on.moved(steady("YY", 1.0))
    assert there.regions == ("YY",) * 5
    assert there.server.place.name == "YY"
    assert on.moved(steady("YY", 1.0), server=False).server.place.name == "SS"
    faster = on.equipped(device(macs_per_s=2e9))
    assert faster.speed == pytest.approx(2 * on.speed)


def test_nonsense_places_and_groups_are_refused():
    with pytest.raises(InputError, match="24 hours"):
        Place("XX", (-1.0,) * 24)
    with pytest.raises(InputError, match="finite"):
        Place("XX", (float("nan"),) * 24)
    with pytest.raises(InputError, match="shares from 0 to 1"):
        group(available=(2.0,) * 24)
    with pytest.raises(InputError, match="spread"):
        group(speed_spread=9.0)
    with pytest.raises(InputError, match="shares from 0 to 1"):
        group(drop_out=1.0)
    with pytest.raises(InputError, match="hour of the day"):
        fleet(start_utc_hour=24.0)


@pytest.mark.parametrize("counts", [(0, 0), (3, -1), (3,)])
def test_a_fleet_needs_a_number_for_each_group_and_a_client(counts: tuple[int, ...]):
    with pytest.raises(InputError, match="a number of clients for each group"):
        fleet(group("a"), group("b"), counts=counts)


def test_a_group_may_have_no_client_in_a_small_fleet():
    assert fleet(group("a"), group("b"), counts=(3, 0)).clients == 3


def test_a_spread_is_the_deviation_of_logarithms_about_the_groups_own_figure():
    on = fleet(group(speed_spread=0.5), counts=(20_000,))
    assert np.median(on.speed) == pytest.approx(1e9, rel=0.02)
    assert np.log(on.speed).std() == pytest.approx(0.5, rel=0.02)
    assert set(on.up) == {5e5}
    links = fleet(group(rate_spread=0.5), counts=(20_000,))
    assert np.log(links.up).std() == pytest.approx(0.5, rel=0.02)
    assert links.down == pytest.approx(2 * links.up)
    assert set(links.speed) == {1e9}
