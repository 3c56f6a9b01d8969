from __future__ import annotations

import csv
from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def networks() -> list[dict[str, str]]:
    return _rows("networks")


@pytest.fixture(scope="session")
def boards() -> list[dict[str, str]]:
    return _rows("boards")
