"""A device calibrated by a pilot of the user's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from setsuden.errors import InputError
from setsuden.placement.inference import answer
from setsuden.placement.inference.calibrated import from_pilot
from setsuden.placement.inference.reading import example_text, read
from setsuden.places import parse_yaml

PILOT = Path(__file__).parents[1] / "report" / "data" / "pilot.json"


def test_the_figures_are_those_of_the_pilot() -> None:
    rows = {row["id"]: row for row in json.loads(PILOT.read_text(encoding="utf-8"))["configurations"]}
    machine = from_pilot(str(PILOT), "lenet/infer/b8/fp32/t2")
    row = rows["lenet/infer/b8/fp32/t2"]
    assert machine.energy.value == row["energy_per_sample"]["value"]
    assert machine.energy.provenance.value == row["energy_per_sample"]["provenance"]
    assert machine.busy_s == row["time_per_sample"]["value"]
    assert machine.idle is not None
    assert machine.idle.value == 12.4


def test_the_least_configuration_is_taken_when_none_is_named() -> None:
    rows = json.loads(PILOT.read_text(encoding="utf-8"))["configurations"]
    least = min(row["energy_per_sample"]["value"] for row in rows if row["phase"] == "infer")
    assert from_pilot(str(PILOT)).energy.value == least


def test_a_pilot_stands_for_the_device_in_a_question() -> None:
    text = example_text().replace(
        "  system: v2.0-rpi4-armnn-v21.11-neon-resnet50-singlestream", f"  pilot: {json.dumps(str(PILOT))}"
    )
    found = answer(read(parse_yaml(text, "place.yaml", "place")))
    assert found.views["marginal"].decision.recommended == "cloud"


@pytest.mark.parametrize(
    ("text", "message"), [("{}", "not a pilot document"), ("[", "not a JSON"), (None, "cannot read")]
)
def test_anything_else_is_refused_in_one_sentence(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "result.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        from_pilot(str(path))


def test_an_unknown_configuration_lists_the_known() -> None:
    with pytest.raises(InputError, match="lenet/infer/b8"):
        from_pilot(str(PILOT), "nothing")


def test_two_sources_for_one_machine_are_refused() -> None:
    text = example_text().replace("  idle_w: {value: 1.6", "  pilot: x.json\n  idle_w: {value: 1.6")
    with pytest.raises(InputError, match="give one of: system, pilot"):
        read(parse_yaml(text, "place.yaml", "place"))
