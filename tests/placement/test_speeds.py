"""How fast data moves: from the catalogue or declared, and unknown where neither knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from setsuden.errors import InputError
from setsuden.placement.inference import answer, placements
from setsuden.placement.inference.document import document
from setsuden.placement.inference.reading import example_text, read
from setsuden.placement.inference.study import Study
from setsuden.placement.inference.text import text
from setsuden.placement.network import Speed, radio, speed
from setsuden.places import Declared
from tests.placement.support import exact, machine, study


def asked(**network: Any) -> Study:
    said = yaml.safe_load(example_text())
    latency = network.pop("latency_ms", None)
    said["network"] = {"link": "fixed", "radio": "wired", **network}
    if latency is not None:
        said["latency_ms"] = latency
    return read(Declared(said))


def test_a_country_and_technology_give_its_mean_and_leave_the_unpublished_upload_unknown() -> None:
    found = speed("jp", "fixed")
    assert found.down is not None
    assert found.down.value == 124.7
    assert "2023-06" in found.down.factors[0].source
    assert found.up is None
    assert found.missing == ("up_mbps",)


def test_the_world_has_both_ways_by_technology() -> None:
    mobile = speed("world", "mobile")
    assert mobile.up is not None
    assert (mobile.up.value, mobile.missing) == (11.22, ())


@pytest.mark.parametrize(("country", "technology", "match"), [("JP", "mobile", "world"), ("XX", "fixed", r"world\. S"),
                                                              ("JP", "satellite", "fixed or mobile")])  # fmt: skip
def test_what_nobody_published_is_refused_with_what_to_declare(country: str, technology: str, match: str) -> None:
    with pytest.raises(InputError, match=match):
        speed(country, technology)


def test_the_slower_of_radio_and_line_sets_the_time_of_each_direction() -> None:
    base = study(machine(1.0, 0.3), machine(1.0, 0.001), payload_kb=1000)
    line = Speed("stated", exact(80, "Mbit/s"), exact(4, "Mbit/s"))
    slow = replace(base, down_kb=exact(500, "kB/request"), speed=line)
    cloud = placements(slow, "marginal")[1].latency.value
    by_radio = radio("wifi").goodput_mbps
    assert by_radio == 20
    assert cloud == pytest.approx(0.03 + 8.0 / 4 + 4.0 / 20 + 0.001)


def test_a_missing_upload_makes_the_latency_a_lower_bound_and_is_named_with_its_key() -> None:
    found = answer(asked(country="JP"))
    plain = document(found)
    by_id = {item["id"]: item for item in plain["views"]["marginal"]["placements"]}
    assert by_id["cloud"]["latency_is_lower_bound"] is True
    assert by_id["device"]["latency_is_lower_bound"] is False
    assert plain["question"]["speed"]["missing"] == ["up_mbps"]
    assert "up_mbps of JP:fixed" in text(found, "en")
    assert "at least" in text(found, "en")


def test_a_declared_upload_settles_the_latency() -> None:
    found = document(answer(asked(country="JP", up_mbps=50, latency_ms=500)))
    assert found["question"]["speed"]["missing"] == []
    assert not any(item["latency_is_lower_bound"] for item in found["views"]["marginal"]["placements"])
    assert any("Measurement Lab" in factor["source"] for factor in found["factors"])


def test_a_latency_limit_is_not_judged_on_a_rate_that_is_unknown() -> None:
    with pytest.raises(InputError, match="up_mbps of JP:fixed not known"):
        asked(country="JP", latency_ms=500)
    with pytest.raises(InputError, match="down_mbps and up_mbps"):
        asked(latency_ms=500)


def test_a_mobile_link_asks_for_mobile_lines() -> None:
    found = asked(country="world", link="mobile")
    assert found.speed is not None
    assert found.speed.name == "world:mobile"
    with pytest.raises(InputError, match="mobile lines"):
        asked(country="JP", link="5g")
    stated = asked(country="JP", link="5g", up_mbps=30, down_mbps=200).speed
    assert stated is not None
    assert stated.missing == ()
