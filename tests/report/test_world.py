"""The map knows where countries lie, shows what it is given, and stays small."""

from __future__ import annotations

import re

import numpy as np
import pytest

from setsuden.report.svg.world import Spot, _cells, known, world


@pytest.mark.parametrize(
    ("country", "longitude", "latitude"),
    [
        ("FR", 2, 47),
        ("US", -98, 39),
        ("CN", 104, 35),
        ("JP", 138, 37),
        ("BR", -52, -10),
        ("AU", 134, -25),
        ("ZA", 24, -29),
    ],
)
def test_countries_lie_where_they_are(country: str, longitude: float, latitude: float) -> None:
    cells = _cells()
    row, column = int((84 - latitude) // 3), int((longitude + 180) // 3)
    assert country in cells[row - 1 : row + 2, column - 1 : column + 2]


def test_every_cell_is_water_or_two_letters_and_small_countries_have_one() -> None:
    cells = _cells()
    assert cells.shape == (47, 120)
    assert all(re.fullmatch(r"[A-Z]{2}|\.\.", cell) for cell in np.unique(cells).tolist())
    assert all(known(country) for country in ("SG", "LU", "MT", "IS", "NZ", "SE", "NO", "DE", "IN", "KR"))
    assert not known("XX")


def test_a_spot_fills_all_cells_of_its_country_and_the_largest_is_the_fullest() -> None:
    made = world([Spot("FR", 1.0, "FR: 3 g"), Spot("CN", 0.0, "CN: 0 g")], "map", title="t", description="d")
    fills = re.findall(r'd="(M[^"]*z)" class="pt s1" fill-opacity="([\d.]+)"', made)
    assert [float(strength) for _, strength in fills] == [0.4, 1.0]
    assert fills[1][0].count("z") == int((_cells() == "FR").sum())
    assert "FR: 3 g" in made
    assert len(made) < 30_000
