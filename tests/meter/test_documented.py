from __future__ import annotations

from pathlib import Path

from setsuden.ledger.record import CUT_OFF_FLAG
from setsuden.meter import codes


def test_every_code_is_a_heading_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "meter.md").read_text(encoding="utf-8")
    headings = {line.removeprefix("### ") for line in page.splitlines() if line.startswith("### SET-")}
    named = {value for value in vars(codes).values() if isinstance(value, str) and value.startswith("SET-")}
    assert headings == named | {CUT_OFF_FLAG}
