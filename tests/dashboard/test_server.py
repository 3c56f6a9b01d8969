"""The server: only what the dashboard replies, a used port in one sentence, Ctrl-C at once."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from setsuden.dashboard import Settings
from setsuden.dashboard.server import DashboardServer
from setsuden.errors import InputError
from setsuden.ledger import Ledger
from tests.dashboard.support import write

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        write(ledger)
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def server(file: Path, socket_enabled: None) -> Iterator[DashboardServer]:
    with DashboardServer(Settings(ledger=file), 0) as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def ask(server: DashboardServer, method: str, target: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    connection.request(method, target, headers=headers)
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    return reply.status, dict(reply.headers), body


def test_pages_come_with_their_headers_and_nothing_of_the_server(server: DashboardServer) -> None:
    status, headers, body = ask(server, "GET", "/")
    assert status == 200
    assert b"1.00 kWh" in body or b"1,000" in body
    assert headers["Server"].strip() == "setsuden"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Content-Length"] == str(len(body))


def test_head_is_get_without_the_body(server: DashboardServer) -> None:
    status, headers, body = ask(server, "HEAD", "/style.css")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) > 1000


def test_a_rebound_name_and_a_post_are_refused(server: DashboardServer) -> None:
    assert ask(server, "GET", "/", Host="evil.example")[0] == 421
    assert ask(server, "POST", "/")[0] == 405


def test_a_fault_of_ours_is_one_page_without_a_traceback_and_the_next_page_comes(
    server: DashboardServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("setsuden.dashboard.app.runs", lambda *_: 1 / 0)
    status, _, body = ask(server, "GET", "/runs")
    assert status == 500
    assert b"Traceback" not in body
    assert "ZeroDivisionError" in capfd.readouterr().err
    assert ask(server, "GET", "/")[0] == 200


def test_many_readers_at_once_get_the_same_page(server: DashboardServer) -> None:
    found: list[bytes] = []
    readers = [threading.Thread(target=lambda: found.append(ask(server, "GET", "/runs")[2])) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_used_port_is_one_sentence(server: DashboardServer, file: Path) -> None:
    with pytest.raises(InputError, match=r"cannot serve there .* --port 0"):
        DashboardServer(Settings(ledger=file), server.server_port)
    with pytest.raises(InputError, match="cannot serve there"):
        DashboardServer(Settings(ledger=file, address="203.0.113.1"), 0)


def test_ctrl_c_ends_it_at_once_with_exit_code_0(file: Path, socket_enabled: None) -> None:
    words = [sys.executable, "-m", "setsuden", "dashboard", "--ledger", str(file), "--port", "0", "--no-open"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said.startswith("The dashboard is at http://127.0.0.1:")
        port = int(said.partition("127.0.0.1:")[2].partition("/")[0])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert errors == ""
