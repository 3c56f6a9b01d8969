"""The ``mlperf-like`` preset: measuring rules borrowed from the MLPerf Power, Inference and Training texts.

At least 60 s and 60 power readings per window, at least five repeats, the best and the worst left out, warm-up before,
clocks compared, settings recorded. It is not an MLPerf result: no wall meter, no LoadGen, no review.
"""

from __future__ import annotations

from setsuden.errors import InputError
from setsuden.places import Declared
from setsuden.study.declaration import StudyDeclaration

LEAST_WINDOW_S = 60.0
LEAST_REPEATS = 5
LEAST_READINGS = 60
_DEFAULTS: dict[str, object] = {
    "window_s": LEAST_WINDOW_S,
    "warmup_s": 10.0,
    "repeats": LEAST_REPEATS,
    "max_repeats": LEAST_REPEATS,
    "idle_s": 60.0,
}


def apply_preset(declared: Declared) -> None:
    """Fill in the preset's figures where the user gave none; nothing the user wrote is changed."""
    if declared.data.get("protocol") != "mlperf-like":
        return
    measure = declared.data.setdefault("measure", {})
    if isinstance(measure, dict):
        for key, value in _DEFAULTS.items():
            measure.setdefault(key, value)


def check_preset(study: StudyDeclaration, declared: Declared) -> None:
    """Raise InputError where a declared figure breaks the protocol it asks for."""
    if study.protocol != "mlperf-like":
        return
    for key, seen, least in (
        ("window_s", study.measure.window_s, LEAST_WINDOW_S),
        ("repeats", study.measure.repeats, LEAST_REPEATS),
    ):
        if seen < least:
            raise InputError(
                f"the mlperf-like protocol asks for at least {least:g}",
                place=declared.place(("measure", key)),
                value=seen,
                remedy="Raise it, or use protocol: default.",
            )


def leave_out_extremes(values: list[float]) -> list[int]:
    """Positions kept after dropping the smallest and the largest value; of fewer than three, all are kept."""
    if len(values) < 3:
        return list(range(len(values)))
    order = sorted(range(len(values)), key=lambda i: values[i])
    return sorted(order[1:-1])
