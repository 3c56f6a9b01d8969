"""The commented study that ``setsuden pilot --example`` prints."""

from __future__ import annotations

from importlib.resources import files


def example_text() -> str:
    """YAML, valid as it stands; declares the default study."""
    return (files("setsuden.study") / "example.yaml").read_text(encoding="utf-8")
