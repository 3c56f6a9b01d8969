"""Every code a reader may meet is a heading of the documentation, every source is named there."""

from __future__ import annotations

from pathlib import Path

from setsuden.sensors import flags

DOCS = Path(__file__).parents[2] / "docs"


def test_every_flag_is_a_heading() -> None:
    page = (DOCS / "flags.md").read_text(encoding="utf-8")
    codes = [value for name, value in vars(flags).items() if name.isupper()]
    assert len(codes) == len(set(codes)) >= 9
    for code in codes:
        assert f"\n## {code}\n" in page


def test_every_source_is_in_the_table() -> None:
    page = (DOCS / "sensors.md").read_text(encoding="utf-8")
    for source in ("rapl", "nvml", "ina3221", "amd_energy", "grace", "amdgpu", "battery", "powermetrics", "model-cpu"):
        assert f"`{source}`" in page
