"""Edge or cloud for my camera at two pictures a minute in Japan: one command, one file, and help on every stumble."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from setsuden.cli.main import main
from setsuden.placement.inference.reading import example_text


def run(*words: str) -> str:
    done = CliRunner().invoke(main, ["place", *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_example_is_a_file_that_answers_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "place.yaml"
    path.write_text(run("--example"), encoding="utf-8")
    said = run(str(path))
    assert said.startswith("Run it in the cloud.")
    assert "This answers the example" not in said


def test_without_a_file_the_example_is_answered_and_that_is_said_with_the_next_step() -> None:
    assert "setsuden place --example > place.yaml" in run().splitlines()[-1]


def test_what_turns_where_the_device_is_on_anyway_is_said_and_is_what_that_question_answers(tmp_path: Path) -> None:
    line = next(line for line in run().splitlines() if "idle_share: 0" in line)
    path = tmp_path / "place.yaml"
    path.write_text(example_text().replace("idle_share: 1 ", "idle_share: 0 "), encoding="utf-8")
    document = json.loads(run(str(path), "--json"))
    chosen = {view: found["decision"]["recommended"] for view, found in document["views"].items()}
    assert chosen == {"marginal": "cloud", "attribution": "device"}
    assert "in the cloud (decision view) or on the device (average view)" in line


def test_every_optional_key_of_the_example_is_one_that_is_known(tmp_path: Path) -> None:
    """Each line behind a # that holds a key is tried alone; those that need another one are tried with it."""
    text = example_text()
    together = {"batch": "single", "hops": "hop_kwh_per_gb", "hop_kwh_per_gb": "hops", "single": "batch"}
    stated = (
        "pilot",
        "energy_j",
        "seconds",
        "tokens",
        "split",
        "model",
        "layers",
        "site",
        "latency_ms",
        "intensity_g_per_kwh",
    )
    keys = [key for key in re.findall(r"^ *# ([a-z_]+): ", text, re.MULTILINE) if key not in stated]
    assert {"goodput_mbps", "up_mbps", "technology", "pue", "published", "embodied"} <= set(keys)
    for key in keys:
        changed = text
        for name in (key, together.get(key, key)):
            changed = re.sub(rf"^( *)# {name}: ", rf"\g<1>{name}: ", changed, count=1, flags=re.MULTILINE)
        path = tmp_path / f"{key}.yaml"
        path.write_text(changed, encoding="utf-8")
        run(str(path), "--json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("requests_per_minute: 2", "requests_per_minute: two"), "must be a number, or {value: 2, low: 1, high: 4}"),
        (("  country: JP", "  country: Japan"), "down_mbps and up_mbps"),
        (("  radio: wifi", "  radio: bluetooth"), "Use one of: wifi"),
        (("# latency_ms: 500", "latency_ms: 500"), "up_mbps of JP:fixed not known"),
        (("payload_kb: 110", "payload_mb: 0.11"), "payload_kb"),
    ],
)
def test_a_stumble_is_one_sentence_with_its_line_and_the_way_out(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    path = tmp_path / "place.yaml"
    assert change[0] in example_text()
    path.write_text(example_text().replace(*change), encoding="utf-8")
    done = CliRunner().invoke(main, ["place", str(path)])
    assert done.exit_code == 2
    assert message in done.stderr
    assert re.search(r"place\.yaml:\d+", done.stderr)
    assert len(done.stderr.splitlines()) == 1


def test_what_is_our_own_judgement_is_marked_in_the_document_and_named_in_the_text() -> None:
    factors = json.loads(run("--json"))["factors"]
    own = [factor["name"] for factor in factors if factor["source"] == "own judgement"]
    assert len(own) >= 3
    said = run()
    assert all(name in said for name in own)
