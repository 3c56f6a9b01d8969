"""Runs as files of plain data: everything but the samples as JSON, one line per window as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from setsuden import __version__
from setsuden.ledger.document import run_document
from setsuden.ledger.record import RunRecord

_COLUMNS = (
    "run_id", "run_name", "status", "window_id", "parent_id", "window", "started_at", "start_s", "duration_s",
    "energy_j", "energy_low_j", "energy_high_j", "provenance", "boundary", "dynamic_j", "dynamic_low_j",
    "dynamic_high_j", "average_power_w", "flags", "attributes",
)  # fmt: skip


def as_json(records: Sequence[RunRecord], with_host: bool = False) -> str:
    """Schema ``export``; host, user, folder and command are left out unless asked for."""
    document = {
        "setsuden": __version__,
        "redacted": not with_host,
        "runs": [_shareable(record, with_host) for record in records],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _shareable(record: RunRecord, with_host: bool) -> dict[str, Any]:
    document = run_document(record, with_host=with_host)
    if not with_host:
        document["config"].pop("command", None)  # arguments may hold paths, names and keys
    return document


def as_csv(records: Sequence[RunRecord]) -> str:
    """A header, then the windows of every run."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for record in records:
        for window in record.windows:
            energy, dynamic, power = window.energy, window.dynamic, window.average_power
            writer.writerow(
                [
                    record.id, record.name, record.status, window.window_id, window.parent_id, window.name,
                    window.started_at, window.start_s, window.duration_s,
                    *((energy.value, energy.low, energy.high, energy.provenance.value, energy.boundary) if energy
                      else (None,) * 5),
                    *((dynamic.value, dynamic.low, dynamic.high) if dynamic else (None,) * 3),
                    power.value if power else None,
                    " ".join(flag.code for flag in window.flags),
                    json.dumps(dict(window.attributes), ensure_ascii=False, allow_nan=False),
                ]
            )  # fmt: skip
    return out.getvalue()
