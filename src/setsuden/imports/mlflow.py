"""MLflow's system metrics: ``system/gpu_{i}_power_usage_watts``, watts rounded to a tenth, by default every 10 s.

Read from what MLflow itself gives out:
  a JSON document of ``metrics/get-history`` or a list of such entries: {key, value, timestamp in ms, step}
  a CSV with the columns key, value, timestamp
  a run's folder of a file store, whose ``metrics/system/gpu_0_power_usage_watts`` holds "timestamp value step" per line
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from setsuden.errors import InputError
from setsuden.imports.assemble import Series, run_of
from setsuden.imports.imported import Imported, Settings
from setsuden.imports.names import MLFLOW
from setsuden.imports.text import number, objects, read_csv, read_json, read_text
from setsuden.imports.times import Clock

Entry = tuple[str, object, object, str]  # key, timestamp, value, place


def read(path: Path, settings: Settings) -> list[Imported]:
    """One run."""
    clock = Clock(settings.zone)
    samples: dict[str, tuple[list[float], list[float]]] = {}
    for key, time, value, place in _entries(path):
        match = MLFLOW.fullmatch(key)
        if match is None:
            continue
        watts = number(value, place)
        if watts is None:
            continue
        times, powers = samples.setdefault(match["index"], ([], []))
        times.append(clock.seconds(time, place))
        powers.append(watts)
    series = [
        Series(f"mlflow/gpu-{index}", "gpu", f"GPU {index} (MLflow)", times, powers)
        for index, (times, powers) in sorted(samples.items(), key=lambda item: int(item[0]))
    ]
    if not series:
        raise InputError(
            "no metric system/gpu_{i}_power_usage_watts in it", place=str(path),
            remedy="MLflow logs power only with system metrics on and a GPU.",
        )  # fmt: skip
    return [run_of("mlflow", path.stem, series, clock, settings)]


def _entries(path: Path) -> Iterable[Entry]:
    if path.is_dir():
        return _folder(path)
    if path.suffix.lower() == ".csv":
        table = read_csv(path)
        table.require(("key", "value", "timestamp"))
        return [(c["key"], c["timestamp"], c["value"], f"{path}, line {line}") for line, c in table.rows]
    return _json(path)


def _folder(path: Path) -> list[Entry]:
    found: list[Entry] = []
    for file in sorted(path.rglob("gpu_*_power_usage_watts")):
        for line, text in enumerate(read_text(file).splitlines(), 1):
            fields = text.split()
            if not fields:
                continue
            if len(fields) < 2:
                raise InputError("expected timestamp and value", place=f"{file}, line {line}", value=text)
            found.append((f"system/{file.name}", fields[0], fields[1], f"{file}, line {line}"))
    return found


def _json(path: Path) -> list[Entry]:
    document = read_json(path)
    what = "entries with key, value and timestamp"
    found: list[Entry] = []
    for page in objects(document if isinstance(document, list) else [document], str(path), what):
        entries = objects(page["metrics"], str(path), what) if "metrics" in page else [page]
        for entry in entries:
            if not {"key", "value", "timestamp"} <= set(entry):
                raise InputError(f"expected {what}", place=str(path), value=sorted(entry))
            place = f"{path}, entry {len(found) + 1}"
            found.append((str(entry["key"]), entry["timestamp"], entry["value"], place))
    return found
