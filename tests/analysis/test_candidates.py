"""Which configurations of a pilot document become options, and with which quality."""

from __future__ import annotations

from typing import Any

from setsuden.study.candidates import candidates


def configuration(phase: str, name: str, batch_size: int = 16, **settings: Any) -> dict[str, Any]:
    settings = {"precision": "fp32", "threads": 1, "loader_workers": 0} | settings
    return {"id": f"{name}/{phase}", "phase": phase, "model": "lenet", "batch_size": batch_size, **settings}


def served_with(*served: dict[str, Any]) -> set[str]:
    document = {"configurations": [configuration("train", "t"), *served]}
    return {item.serve["id"] for item in candidates(document) if item.serve is not None}


def test_serving_at_full_speed_is_taken_rather_than_at_a_rate() -> None:
    full = configuration("infer", "full", request_rate_per_s=None)
    paced = configuration("infer", "paced", request_rate_per_s=3.0)
    assert served_with(paced, full) == {"full/infer"}
    assert served_with(paced) == {"paced/infer"}


def test_serving_with_the_settings_of_the_training_is_taken_rather_than_with_others() -> None:
    alike, other = configuration("infer", "alike"), configuration("infer", "other", precision="bf16")
    assert served_with(other, alike) == {"alike/infer"}
    assert served_with(other) == {"other/infer"}
