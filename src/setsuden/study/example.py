"""The commented studies that ``--example`` prints."""

from __future__ import annotations

from importlib.resources import files


def example_text() -> str:
    """YAML, valid as it stands; declares the default study."""
    return (files("setsuden.study") / "example.yaml").read_text(encoding="utf-8")


def tune_example_text() -> str:
    """YAML, valid as it stands; the search that ``setsuden tune`` does without a study."""
    return (files("setsuden.study.tuning") / "example.yaml").read_text(encoding="utf-8")
