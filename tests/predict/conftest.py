from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def untimed(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Rows as they are asked before anybody timed them."""
    return [{**row, "units_per_s": "", "latency_ms": ""} for row in rows]


@pytest.fixture(scope="session")
def networks() -> list[dict[str, str]]:
    return _rows("networks")


@pytest.fixture(scope="session")
def boards() -> list[dict[str, str]]:
    return _rows("boards")
