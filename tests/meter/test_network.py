"""A network that swallows packets makes nothing slower, because nothing here asks one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

METER = """
import sys
import setsuden
with setsuden.meter("alone", rate_hz=100) as meter:
    with meter.window("inner"):
        meter.sample()
loaded = {"socket", "_socket", "ssl", "http.client"} & set(sys.modules)
assert not loaded, loaded
"""

# An audit hook sees every look-up and every connection, whatever library makes it.
WATCHED = """
import os, sys
ASKING = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.connect", "socket.sendto")
def hook(event, arguments):
    if event in ASKING:
        os.write(2, f"asked a network: {event} {arguments}".encode())
        os._exit(99)
sys.addaudithook(hook)
from setsuden.cli.main import main
main(sys.argv[1:], prog_name="setsuden")
"""


def python(code: str, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environ = dict(os.environ, SETSUDEN_LEDGER=str(folder / "ledger.sqlite"), HOME=str(folder))
    return subprocess.run(
        [sys.executable, "-c", code, *words], env=environ, cwd=folder, capture_output=True, text=True, check=False
    )


def test_a_program_that_is_measured_never_even_loads_sockets(tmp_path: Path) -> None:
    done = python(METER, folder=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("doctor",),
        ("run", "--", sys.executable, "-c", "pass"),
        ("watch", "--count", "1", "--interval", "0.05", "--site", "JP"),
        ("runs",),
        ("show", "last"),
        ("export", "last"),
        ("footprint", "--kwh", "1", "--site", "JP"),
    ],
    ids=lambda words: str(words[0]),
)
def test_no_command_asks_a_network_unasked(tmp_path: Path, words: tuple[str, ...]) -> None:
    if words[0] in ("runs", "show", "export"):
        assert python(WATCHED, "run", "--", "true", folder=tmp_path).returncode == 0
    done = python(WATCHED, *words, folder=tmp_path)
    assert "asked a network" not in done.stderr
    assert done.returncode == 0, done.stderr


def test_the_watch_over_the_network_sees_one(tmp_path: Path) -> None:
    asking = WATCHED.replace("from setsuden.cli.main import main", "import socket; socket.getaddrinfo('localhost', 80)")
    assert python(asking, folder=tmp_path).returncode == 99
