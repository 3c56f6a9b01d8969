"""Everything the catalogue ships comes out of the build again, byte for byte."""

from __future__ import annotations

import csv
import importlib
import os
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
RAW = "SETSUDEN_RAW_FACTS"


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "tools")
    return importlib.import_module("build_catalogue")


def contents(root: Path, folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (root / folder).iterdir() if path.suffix in (".csv", ".txt")}


@pytest.mark.skipif(RAW not in os.environ, reason=f"{RAW} names no folder: the raw facts are not part of the project")
def test_every_shipped_file_is_rebuilt_from_the_raw_facts(build: ModuleType, tmp_path: Path) -> None:
    build.main(Path(os.environ[RAW]), tmp_path)
    for folder in (build.TABLES, build.PACK):
        assert contents(tmp_path, folder) == contents(ROOT, folder)
    assert (tmp_path / build.PAGE).read_bytes() == (ROOT / build.PAGE).read_bytes()


def test_the_network_models_are_rebuilt_from_the_facts_beside_the_script(build: ModuleType, tmp_path: Path) -> None:
    with (ROOT / build.TABLES / "sources.csv").open(encoding="utf-8", newline="") as handle:
        shipped = list(csv.DictReader(handle))
    (plan,) = build.OWN_PLANS
    own = {row["source"] for row in build.read(build.FACTS / plan.raw)}
    sources = build.Sources()
    for row in shipped:  # the ids that tables before it have taken
        if row["text"] not in own:
            sources.ids[row["text"], row["licence"]] = row["id"]
            sources.taken.add(row["id"])
            sources.urls[row["id"]] = row["url"]
    rows = build.convert(plan, build.read(build.FACTS / plan.raw), sources)
    build.write(tmp_path / "again.csv", rows)
    assert (tmp_path / "again.csv").read_bytes() == (ROOT / build.TABLES / "network_models.csv").read_bytes()
    known = {row["id"]: row for row in shipped}
    made = {row["id"]: row for row in sources.rows()}
    for row in rows:
        for column in ("text", "licence", "edition"):
            assert known[row["source_id"]][column] == made[row["source_id"]][column]


def test_the_names_of_processors_are_rebuilt_from_their_table(build: ModuleType) -> None:
    with (ROOT / build.TABLES / "processors.csv").open(encoding="utf-8", newline="") as handle:
        made = build.names_of_processors(list(csv.DictReader(handle)))
    shipped = contents(ROOT, build.TABLES)
    assert {name: text.encode() for name, text in made.items()} == {name: shipped[name] for name in made}


def test_every_shipped_file_has_a_plan_or_a_function_that_makes_it(build: ModuleType) -> None:
    planned = {f"{plan.table}.csv" for plan in (*build.PLANS, *build.OWN_PLANS)}
    made = {f"{name}.csv" for name in ("hourly_zones", "hourly", "uncertainty", "gaps", "sources")}
    names = {"processor_names.cpu.txt", "processor_names.gpu.txt"}
    assert set(contents(ROOT, build.TABLES)) == planned | made | names
