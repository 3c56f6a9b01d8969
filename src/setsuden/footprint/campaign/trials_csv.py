"""A plain table of trials, as any tracker exports it."""

from __future__ import annotations

import csv
from pathlib import Path

from setsuden.errors import InputError
from setsuden.footprint.campaign.tracked import TrackedRun, energy_kwh, finite, status
from setsuden.footprint.campaign.trackers import Wanted


def read(where: str, wanted: Wanted) -> tuple[str, list[TrackedRun]]:
    """Stem of the file and its rows as runs, in file order.

    Columns: ``energy_kwh`` (or another energy named by its unit) or ``duration_s``, and as far as known ``quality``
    (higher is better), ``status`` and ``name``. Other columns are left alone.
    """
    path = Path(where)
    header, rows = rows_of(path)
    energy = (
        [wanted.energy] if wanted.energy is not None else ["energy_kwh", "energy_consumed", "energy_wh", "energy_j"]
    )
    if not any(name in header for name in energy) and "duration_s" not in header:
        raise InputError(
            f"the file lacks the column {energy[0]!r}",
            place=where,
            remedy="Columns: energy_kwh (or duration_s, with --watts), and optionally quality, status, name.",
        )
    judged = wanted.quality or "quality"
    if wanted.quality is not None and judged not in header:
        raise InputError(f"the file lacks the column {judged!r}", place=where)
    return path.stem, [_run(row, judged, wanted, f"{where}, line {line}", line) for line, row in enumerate(rows, 2)]


def rows_of(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Header and rows of a CSV file; InputError for a file that cannot be read and for rows of another width."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle, strict=True)
            header = list(reader.fieldnames or ())
            rows = list(reader)
    except OSError as error:
        raise InputError(f"the file cannot be read ({error.strerror})", place=str(path)) from None
    except UnicodeDecodeError:
        raise InputError("the file is not UTF-8 text", place=str(path)) from None
    except csv.Error as error:
        raise InputError(f"the file is not CSV ({error})", place=str(path)) from None
    for line, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise InputError("this row is not as wide as the header", place=f"{path}, line {line}")
    return header, rows


def _run(row: dict[str, str], judged: str, wanted: Wanted, place: str, line: int) -> TrackedRun:
    state = status(row.get("status"), place)
    cell = (row.get(judged) or "").strip()
    quality = None
    if cell and cell.casefold() != "nan" and state == "complete":
        quality = finite(cell, judged, place) * (-1.0 if wanted.minimise else 1.0)
    seconds = (row.get("duration_s") or "").strip()
    duration = finite(seconds, "duration_s", place, low=0.0) if seconds else None
    name = (row.get("name") or "").strip() or f"row {line}"
    return TrackedRun(name, place, state, duration, energy_kwh(row, wanted.energy, place), quality)
