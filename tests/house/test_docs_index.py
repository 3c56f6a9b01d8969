"""The documentation's first page leads to every other one."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_every_page_is_in_the_contents_once() -> None:
    lines = (DOCS / "index.md").read_text(encoding="utf-8").splitlines()
    pages = sorted(path.stem for path in DOCS.glob("*.md") if path.stem != "index")
    assert sorted(line for line in lines if line in pages) == pages
