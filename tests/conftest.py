"""What every test gets: no network beyond this machine, and a ledger of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings
from pytest_socket import disable_socket

# The same examples at every run, so that a green suite stays green; explore further with --hypothesis-profile=default.
settings.register_profile("house", derandomize=True, deadline=None)
settings.load_profile("house")

# Commands speak English whatever the locale of the person who runs the tests.
os.environ["SETSUDEN_LANG"] = "en"


@pytest.fixture(autouse=True)
def _offline(request: pytest.FixtureRequest) -> None:
    """Refuse every socket but those on this machine; a test that needs one on loopback asks with ``enable_socket``."""
    if "socket_enabled" not in request.fixturenames:
        disable_socket(allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _steady_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forecasts read off a fake clock must not hang on how fast this machine is right now."""
    monkeypatch.setattr("setsuden.predict.speed.reading", lambda: 5000.0)


@pytest.fixture(scope="session")
def _no_overrides(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder; a folder that does not exist would be an error of the user's."""
    return tmp_path_factory.mktemp("no-overrides")


@pytest.fixture(autouse=True)
def _own_ledger(tmp_path: Path, _no_overrides: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the ledger, the cache or the overrides of the person who runs it."""
    monkeypatch.setenv("SETSUDEN_LEDGER", str(tmp_path / "ledger.sqlite"))
    monkeypatch.setenv("SETSUDEN_CATALOGUE", str(_no_overrides))
    monkeypatch.setenv("XDG_CACHE_HOME", str(_no_overrides.parent / "cache"))
