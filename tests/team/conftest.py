"""One server for all tests of the team's ledger, and an empty database for each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.team.server import Server, running, why_not

_numbers = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    with running() as started:
        yield started


@pytest.fixture
def database(server: Server) -> str:
    """The name of a new database."""
    name = f"team{next(_numbers)}"
    server.execute(f"CREATE DATABASE {name}")
    return name


@pytest.fixture
def url(server: Server, database: str) -> str:
    """The address of a new database."""
    return server.url(database)
