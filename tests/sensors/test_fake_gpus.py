"""The table of fake GPUs in the documentation is what the harness prints, and no case is outside its interval."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_rows_in_the_documentation_are_those_of_the_harness() -> None:
    spec = importlib.util.spec_from_file_location("fake_gpus", ROOT / "benchmarks" / "meters" / "fake_gpus.py")
    assert spec is not None
    assert spec.loader is not None
    harness = sys.modules["fake_gpus"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(harness)
    rows = list(harness.rows())
    documented = (ROOT / "docs" / "meters-compared.md").read_text("utf-8")
    assert len(rows) == 6
    for row in rows:
        assert row.inside
        assert row.line() in documented
