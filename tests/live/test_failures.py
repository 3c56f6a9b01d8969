"""What goes wrong on the way: every failure ends in the annual figure, in time, and says why."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from setsuden.catalogue import grid
from setsuden.errors import InputError
from setsuden.footprint import Window
from setsuden.footprint.live import ElectricityMaps, GbCarbonIntensity, LivePrice, LiveSettings, live_intensity
from setsuden.quantity import Provenance
from tests.live.service import SECRETS, Service, serving, settings

T = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PATH = "/v3/carbon-intensity/history"
GOOD = {"history": [{"datetime": "2026-06-01T12:00Z", "carbonIntensity": 400, "isEstimated": False}]}


class Day:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = T.timestamp() + 3600.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def service(socket_enabled: None) -> Iterator[Service]:
    with serving() as found:
        yield found


@pytest.fixture
def day() -> Day:
    return Day()


def ask(service: Service, folder: Path | None, day: Day, **changes: Any) -> LivePrice:
    chosen = settings(service, folder, day, **changes)
    return live_intensity(ElectricityMaps("JP-TK"), [Window(T, 3600.0, 1.0)], "JP", chosen)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((500, {}, b"oops"), "SET-LIVE-STATUS"),
        ((401, {}, b""), "SET-LIVE-DENIED"),
        ((403, {}, b""), "SET-LIVE-DENIED"),
        ((404, {}, b""), "SET-LIVE-NO-DATA"),
        ((429, {"Retry-After": "120"}, b""), "SET-LIVE-BUSY"),
        ((503, {}, b""), "SET-LIVE-BUSY"),
        (b'{"history": [{"datet', "SET-LIVE-SHAPE"),
        ((200, {"Content-Length": "9999"}, b'{"history": ['), "SET-LIVE-REFUSED"),
        (b"", "SET-LIVE-SHAPE"),
        ([1, 2], "SET-LIVE-SHAPE"),
        ({"history": None}, "SET-LIVE-SHAPE"),
        ({"history": [7]}, "SET-LIVE-SHAPE"),
        ({"history": []}, "SET-LIVE-NO-DATA"),
        ({"history": [{"datetime": "soon", "carbonIntensity": 1}]}, "SET-LIVE-SHAPE"),
        ({"history": [{"datetime": "2026-06-01T12:00Z", "carbonIntensity": "low"}]}, "SET-LIVE-SHAPE"),
        ({"history": [{"datetime": "2026-06-01T12:00Z", "carbonIntensity": -5}]}, "SET-LIVE-SHAPE"),
        (b'{"history": [{"datetime": "2026-06-01T12:00Z", "carbonIntensity": NaN}]}', "SET-LIVE-SHAPE"),
        ({"history": [{"datetime": "2026-05-01T12:00Z", "carbonIntensity": 1}]}, "SET-LIVE-STALE"),
        ((302, {"Location": "http://elsewhere.invalid/x"}, b""), "SET-LIVE-REFUSED"),
        ((302, {"Location": "file:///etc/passwd"}, b""), "SET-LIVE-STATUS"),
    ],
)
def test_every_failure_falls_back_to_the_annual_figure_and_says_why(
    service: Service, day: Day, answer: object, code: str
) -> None:
    service.answers[PATH] = answer
    found = ask(service, None, day)
    assert found.code == code
    assert not found.live
    assert found.estimate.provenance is Provenance.ASSUMED
    assert found.estimate.value == grid.intensity("JP", 2026).value
    for language in ("en", "ja"):
        text = found.text(language)  # type: ignore[arg-type]
        assert "127.0.0.1" in text or "Electricity Maps" in text
        assert "em-token" not in text


def test_nobody_listening_falls_back(service: Service, day: Day) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}"
    found = ask(service, None, day, base_urls={"electricity-maps": closed})
    assert found.code == "SET-LIVE-REFUSED"


@pytest.mark.parametrize("hang", ["headers", "drip"])
def test_a_service_that_never_ends_its_answer_costs_at_most_the_deadline(service: Service, day: Day, hang: str) -> None:
    service.answers[PATH] = (200, {"X-Hang": hang, "Content-Length": "1000000"}, b"{")
    started = time.monotonic()
    found = ask(service, None, day, deadline_s=0.3, timeout_s=0.2)
    assert found.code == "SET-LIVE-DEADLINE"
    assert time.monotonic() - started < 5.0


def test_a_client_that_hangs_where_no_timeout_reaches_is_left_behind(day: Day) -> None:
    import threading

    released = threading.Event()

    class Stuck(GbCarbonIntensity):
        def read(self, desk: Any, begin_s: float, end_s: float) -> Any:
            released.wait(30)
            raise AssertionError

    found = live_intensity(Stuck(), [Window(T, 60.0, 1.0)], "GB", LiveSettings(deadline_s=0.05, folder=None, time=day))
    released.set()
    assert found.code == "SET-LIVE-DEADLINE"


def test_a_bug_in_a_client_costs_no_result(day: Day) -> None:
    class Broken(GbCarbonIntensity):
        def read(self, desk: Any, begin_s: float, end_s: float) -> Any:
            raise KeyError("x")

    found = live_intensity(Broken(), [Window(T, 60.0, 1.0)], "GB", LiveSettings(folder=None, time=day))
    assert found.code == "SET-LIVE-SHAPE"


def test_a_missing_token_names_the_variable_and_asks_nobody(service: Service, day: Day) -> None:
    found = ask(service, None, day, secrets={})
    assert found.code == "SET-LIVE-DENIED"
    assert "SETSUDEN_ELECTRICITY_MAPS_TOKEN" in str(found.fault)
    assert service.asked == []


def test_an_unknown_place_to_fall_back_to_is_the_users_mistake(service: Service, day: Day) -> None:
    with pytest.raises(InputError, match="ATLANTIS"):
        live_intensity(ElectricityMaps("JP-TK"), [Window(T, 60.0, 1.0)], "ATLANTIS", settings(service, None, day))


# -- cache and back-off


def test_while_a_service_fails_its_last_answer_is_used(service: Service, day: Day, tmp_path: Path) -> None:
    service.answers[PATH] = GOOD
    assert ask(service, tmp_path, day).live
    day.now += 1000.0
    service.answers[PATH] = (500, {}, b"")
    assert ask(service, tmp_path, day).live  # asked in vain
    assert ask(service, tmp_path, day).live  # not asked again so soon
    assert len(service.asked) == 2


def test_an_answer_that_is_torn_is_not_kept(service: Service, day: Day, tmp_path: Path) -> None:
    service.answers[PATH] = b'{"history": [{"datet'
    assert ask(service, tmp_path, day).code == "SET-LIVE-SHAPE"
    service.answers[PATH] = GOOD
    day.now += 31.0
    assert ask(service, tmp_path, day).live


def test_an_answer_is_asked_for_once_while_it_is_fresh(service: Service, day: Day, tmp_path: Path) -> None:
    service.answers[PATH] = GOOD
    for _ in range(3):
        assert ask(service, tmp_path, day).live
    assert len(service.asked) == 1
    day.now += 901.0
    assert ask(service, tmp_path, day).live
    assert len(service.asked) == 2


def test_an_answer_from_the_future_is_not_fresh(service: Service, day: Day, tmp_path: Path) -> None:
    service.answers[PATH] = GOOD
    ask(service, tmp_path, day)
    day.now -= 3600.0
    ask(service, tmp_path, day)
    assert len(service.asked) == 2


def test_two_tokens_do_not_share_an_answer_and_none_is_stored(service: Service, day: Day, tmp_path: Path) -> None:
    service.answers[PATH] = GOOD
    ask(service, tmp_path, day)
    ask(service, tmp_path, day, secrets=SECRETS | {"SETSUDEN_ELECTRICITY_MAPS_TOKEN": "other-token"})
    assert len(service.asked) == 2
    stored = "".join(path.read_text() for path in tmp_path.iterdir())
    assert "token" not in stored.replace("fetched", "")


def test_a_failing_service_is_left_alone_for_longer_and_longer(service: Service, day: Day, tmp_path: Path) -> None:
    service.answers[PATH] = (500, {}, b"")
    asked_at: list[float] = []
    begin = day.now
    while day.now < begin + 600.0:
        before = len(service.asked)
        found = ask(service, tmp_path, day)
        if len(service.asked) > before:
            asked_at.append(day.now - begin)
        else:
            assert found.code == "SET-LIVE-WAITING"
        day.now += 10.0
    assert asked_at == [0.0, 30.0, 90.0, 210.0, 450.0]


def test_a_service_that_says_how_long_is_obeyed(service: Service, day: Day, tmp_path: Path) -> None:
    service.answers[PATH] = (429, {"Retry-After": "600"}, b"")
    ask(service, tmp_path, day)
    day.now += 599.0
    assert ask(service, tmp_path, day).code == "SET-LIVE-WAITING"
    day.now += 2.0
    service.answers[PATH] = GOOD
    assert ask(service, tmp_path, day).live
    service.answers[PATH] = (500, {}, b"")
    day.now += 1000.0
    ask(service, tmp_path, day)
    day.now += 31.0  # the failures before the good answer are forgotten
    asked = len(service.asked)
    ask(service, tmp_path, day)
    assert len(service.asked) == asked + 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"body": 7}', '{"body": "!", "fetched_at": "x"}'])
def test_a_damaged_cache_is_no_cache(service: Service, day: Day, tmp_path: Path, content: str) -> None:
    service.answers[PATH] = GOOD
    ask(service, tmp_path, day)
    for path in tmp_path.iterdir():
        path.write_text(content)
    assert ask(service, tmp_path, day).live
    assert len(service.asked) == 2
    assert all(json.loads(path.read_text())["body"] for path in tmp_path.iterdir())


def test_a_cache_that_cannot_be_written_costs_nothing(service: Service, day: Day, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    service.answers[PATH] = GOOD
    assert ask(service, tmp_path / "file" / "cache", day).live


def test_measuring_never_loads_the_network(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from setsuden.meter import Meter; import setsuden.footprint, setsuden.cli.footprint\n"
        "print([m for m in sys.modules if m.startswith(('setsuden.footprint.live', 'urllib.request', 'http.client'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
