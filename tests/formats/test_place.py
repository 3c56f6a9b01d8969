"""Where a run took place, in the words each format asks for."""

from __future__ import annotations

import csv
import io

import pytest

from setsuden.report.formats.place import Place, place_of
from tests.formats.support import record, rendered, validated


@pytest.mark.parametrize(
    ("site", "iso2", "iso3", "location", "provider"),
    [
        ("JP", "JP", "JPN", None, None),
        ("jpn", "JP", "JPN", None, None),
        ("US-CA", "US", "USA", "US-CA", None),
        ("aws:eu-north-1", "SE", "SWE", "Stockholm", "aws"),
    ],
)
def test_a_site_names_country_location_and_cloud(
    site: str, iso2: str, iso3: str, location: str | None, provider: str | None
) -> None:
    found = place_of(site)
    assert (found.iso2, found.iso3, found.provider) == (iso2, iso3, provider)
    assert (found.location is None) == (location is None)


@pytest.mark.parametrize("site", [None, "WORLD", "AGG-WORLD", "nowhere"])
def test_no_country_is_made_up(site: str | None) -> None:
    assert place_of(site) == Place()


def test_a_cloud_region_is_public_cloud_in_its_country() -> None:
    document = validated("boamps", rendered("boamps", record(), site="aws:eu-north-1").text)
    assert document["infrastructure"]["infraType"] == "publicCloud"
    assert document["infrastructure"]["cloudProvider"] == "aws"
    assert document["environment"]["country"] == "SE"
    (row,) = csv.DictReader(io.StringIO(rendered("codecarbon", record(), site="aws:eu-north-1").text))
    assert (row["cloud_provider"], row["cloud_region"], row["on_cloud"]) == ("aws", "eu-north-1", "Y")
    assert (row["country_iso_code"], row["country_name"]) == ("SWE", "")


def test_a_stated_intensity_is_not_a_place() -> None:
    for form in ("hf", "boamps", "codecarbon"):
        assert "stated by the user" not in rendered(form, record(), intensity=100.0).text
