"""What an MQTT client recorded of a plug: several makers' payloads, bare numbers, other messages in between."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.imports.support import codes, file, joules, refused, run
from tests.imports.test_fuzz import attempt


def stamp(second: int) -> str:
    return f"2026-06-01T12:00:{second:02d}+0900"


def lines(topic: str, payload: Callable[[int], object], seconds: range = range(0, 31, 5)) -> str:
    return "\n".join(f"{stamp(k)} {topic} {json.dumps(payload(k))}" for k in seconds) + "\n"


PAYLOADS: list[tuple[str, Callable[[int], object]]] = [
    ("shellies/rack/relay/0/power", lambda k: 300.0),
    ("tele/rack/SENSOR", lambda k: {"Time": "2026-06-01T03:00:00", "ENERGY": {"Total": 1.5, "Power": 300}}),
    ("rack/status/switch:0", lambda k: {"id": 0, "apower": 300.0, "aenergy": {"total": 12.0}}),
    ("zigbee2mqtt/rack", lambda k: {"power": 300, "energy": 12.1, "state": "ON"}),
    ("lab/meter", lambda k: {"power_w": "300"}),
]


@pytest.mark.parametrize(("topic", "payload"), PAYLOADS)
def test_watts_are_found_where_makers_put_them(tmp_path: Path, topic: str, payload: Callable[[int], object]) -> None:
    found = run("mqtt", file(tmp_path, "m.txt", lines(topic, payload)))
    assert joules(found) == pytest.approx(300.0 * 30)
    assert codes(found) == []
    assert found.channels[0].component == "board"


def test_the_json_of_the_client_means_the_same_with_its_odd_zone(tmp_path: Path) -> None:
    record = [
        {"tst": f"2026-06-01T12:00:{k:02d}.000000Z+0900", "topic": "lab/power", "qos": 0, "payload": "120.5"}
        for k in range(0, 31, 5)
    ]
    found = run("mqtt", file(tmp_path, "m.txt", "\n".join(map(json.dumps, record))))
    assert joules(found) == pytest.approx(120.5 * 30)
    assert found.root is not None
    assert found.root.started_at.startswith("2026-06-01T03:00:00")


def test_messages_about_other_things_are_left_out(tmp_path: Path) -> None:
    text = lines("tele/rack/LWT", lambda k: "Online") + lines("tele/rack/SENSOR", lambda k: {"ENERGY": {"Power": 50}})
    found = run("mqtt", file(tmp_path, "m.txt", text + f'{stamp(31)} tele/rack/STATE {{"Wifi": {{"RSSI": 60}}}}\n'))
    assert joules(found) == pytest.approx(50.0 * 30)


def test_a_meter_that_is_said_to_be_unavailable_leaves_a_gap(tmp_path: Path) -> None:
    texts = (f"{stamp(k)} plug/power {'unavailable' if 20 < k < 50 else '100'}" for k in range(59))
    found = run("mqtt", file(tmp_path, "m.txt", "\n".join(texts)))
    assert joules(found) == pytest.approx(5800.0)
    assert codes(found) == ["SET-IMPORT-GAP"]


def test_silence_of_the_meter_is_a_gap(tmp_path: Path) -> None:
    text = lines("lab/power", lambda k: 100, range(10)) + lines("lab/power", lambda k: 100, range(50, 59))
    assert codes(run("mqtt", file(tmp_path, "m.txt", text))) == ["SET-IMPORT-GAP"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (lines("tele/a/STATE", lambda k: {"Wifi": 1}), "no message tells a power"),
        (lines("a/power", lambda k: 1) + lines("b/power", lambda k: 2), "several topics"),
        ("2026-06-01T12:00:00+0900\n", "without time, topic and payload"),
        ('{"topic": "a/power", "payload": 1}\n', "without tst, topic and payload"),
        (f"{stamp(0)} a/power watts\n", "is not a number"),
        ("yesterday a/power 12\n", "yesterday"),
    ],
)
def test_other_recordings_are_refused(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in refused("mqtt", file(tmp_path, "m.txt", text))


payloads = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.dictionaries(st.sampled_from(["ENERGY", "Power", "apower", "power", "x"]), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(recorded=st.lists(st.tuples(st.sampled_from(["a/power", "b"]), payloads), min_size=1, max_size=5))
def test_any_recording_is_read_or_refused(tmp_path: Path, recorded: list[tuple[str, object]]) -> None:
    path = tmp_path / "m.txt"
    path.write_text("\n".join(f"{stamp(k)} {topic} {json.dumps(what)}" for k, (topic, what) in enumerate(recorded)))
    attempt("mqtt", path)
