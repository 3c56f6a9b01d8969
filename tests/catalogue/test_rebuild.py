"""Tables of facts that were read by hand come out of the build again, byte for byte."""

from __future__ import annotations

import csv
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_catalogue", ROOT / "tools" / "build_catalogue.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["build_catalogue"] = module
    spec.loader.exec_module(module)
    return module


def test_the_network_models_are_rebuilt_from_the_facts_beside_the_script(build: ModuleType, tmp_path: Path) -> None:
    with (build.TABLES / "sources.csv").open(encoding="utf-8", newline="") as handle:
        shipped = list(csv.DictReader(handle))
    (plan,) = build.OWN_PLANS
    own = {row["source"] for row in build.read(build.FACTS / plan.raw)}
    sources = build.Sources()
    for row in shipped:  # the ids that tables before it have taken
        if row["text"] not in own:
            sources.ids[row["text"], row["licence"]] = row["id"]
            sources.taken.add(row["id"])
    rows = build.convert(plan, build.read(build.FACTS / plan.raw), sources)
    build.write(tmp_path / "again.csv", rows)
    assert (tmp_path / "again.csv").read_bytes() == (build.TABLES / "network_models.csv").read_bytes()
    known = {row["id"]: row for row in shipped}
    for row in rows:
        text, licence = next(key for key, name in sources.ids.items() if name == row["source_id"])
        assert (known[row["source_id"]]["text"], known[row["source_id"]]["licence"]) == (text, licence)
        assert known[row["source_id"]]["edition"] == build.edition(text)


def test_every_shipped_table_has_a_plan_or_a_function_that_makes_it(build: ModuleType) -> None:
    planned = {plan.table for plan in (*build.PLANS, *build.OWN_PLANS)}
    made = {"hourly_zones", "hourly", "uncertainty", "gaps", "sources"}
    assert {path.stem for path in build.TABLES.glob("*.csv")} == planned | made
