"""Weights & Biases system metrics: ``gpu.{i}.powerWatts``, by default every 15 s.

Read from the events of a run, as ``run.history(stream="events")`` or the exported file holds them: a list of objects,
one object per line, or a CSV, each with ``_timestamp`` (or ``_runtime``) and names such as ``system.gpu.0.powerWatts``.
``gpu.process.{i}`` repeats the same watts for the run's own process and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from setsuden.errors import InputError
from setsuden.imports.assemble import COUNTER, Series, run_of
from setsuden.imports.imported import Imported, Settings
from setsuden.imports.names import WANDB, WANDB_NODE_CPU
from setsuden.imports.text import number, objects, read_csv, read_json
from setsuden.imports.times import Clock

_TIMES = ("_timestamp", "timestamp", "_runtime")


def read(path: Path, settings: Settings) -> list[Imported]:
    """One run."""
    clock = Clock(settings.zone)
    samples: dict[tuple[str, str], tuple[list[float], list[float]]] = {}
    column: str | None = None
    for place, event in _events(path):
        column = column or next((name for name in _TIMES if event.get(name) not in (None, "")), None)
        for name, value in event.items():
            part = _part(name)
            if part is None:
                continue
            watts = number(value, f"{place}, {name}")
            if watts is None:
                continue
            if column is None or event.get(column) in (None, ""):
                raise InputError("a sample without a time", place=place, remedy=f"Needs one of {', '.join(_TIMES)}.")
            times, powers = samples.setdefault(part, ([], []))
            times.append(clock.seconds(event[column], place))
            powers.append(watts)
    if not samples:
        raise InputError(
            "no metric gpu.{i}.powerWatts in it", place=str(path), remedy="Export the run's system metrics (events)."
        )
    return [run_of("wandb", path.stem, [_series(part, *found) for part, found in samples.items()], clock, settings)]


def _part(name: str) -> tuple[str, str] | None:
    if (match := WANDB.fullmatch(name)) is not None:
        return "gpu", match["index"]
    return ("cpu", "0") if WANDB_NODE_CPU.fullmatch(name) else None


def _series(part: tuple[str, str], times: list[float], powers: list[float]) -> Series:
    component, index = part
    if component == "cpu":
        return Series("wandb/cpu", "cpu", "CPU (W&B)", times, powers, error=COUNTER)
    return Series(f"wandb/gpu-{index}", "gpu", f"GPU {index} (W&B)", times, powers)


def _events(path: Path) -> list[tuple[str, Mapping[str, Any]]]:
    if path.suffix.lower() == ".csv":
        return [(f"{path}, line {line}", cells) for line, cells in read_csv(path).rows]
    document = read_json(path)
    events = objects(document if isinstance(document, list) else [document], str(path), "events")
    return [(f"{path}, event {index}", event) for index, event in enumerate(events, 1)]
