"""The file in which `setsuden calibrate` keeps what it measured on this machine."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from setsuden.errors import InputError
from setsuden.ledger.location import data_folder

ENVIRONMENT_VARIABLE = "SETSUDEN_DEVICE_FILE"


@dataclass(frozen=True, slots=True)
class DeviceFile:
    """A calibrated device.

    device      its name, as the rows carry it
    measured_at ISO 8601, when the calibration began
    meter       what counted the joules: ids of the channels in the total
    provenance  of those joules: measured, estimated or assumed
    idle_w      watts when nothing runs; None when it could not be seen
    flops       FLOP/s of a large matrix product in 32 bits, two per multiply-accumulate
    bytes_per_s of reading and writing an array far larger than the caches
    rows        measured rows on the columns of the public tables
    minutes     it took; None in files of older versions
    busy        whether other programs kept the processor busy when it began: then all is slower than it could be
    """

    device: str
    measured_at: str
    meter: str
    provenance: str
    idle_w: float | None
    flops: float
    bytes_per_s: float
    rows: tuple[Mapping[str, Any], ...]
    minutes: float | None = None
    busy: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain data; its schema is published as ``calibrate``."""
        return {
            "schema": "setsuden:calibrate",
            "device": self.device,
            "measured_at": self.measured_at,
            "meter": self.meter,
            "provenance": self.provenance,
            "idle_w": self.idle_w,
            "flops": self.flops,
            "bytes_per_s": self.bytes_per_s,
            "rows": [dict(row) for row in self.rows],
            "minutes": self.minutes,
            "busy": self.busy,
        }


def default_path() -> Path:
    """``$SETSUDEN_DEVICE_FILE``, else ``device.json`` beside the ledger."""
    chosen = os.environ.get(ENVIRONMENT_VARIABLE)
    return Path(chosen).expanduser() if chosen else data_folder() / "device.json"


def read(path: Path | None = None) -> DeviceFile | None:
    """The calibration of this machine, None where there is none; InputError for a file that is damaged."""
    place = path or default_path()
    if not place.exists():
        return None
    try:
        data = json.loads(place.read_text(encoding="utf-8"))
        return DeviceFile(
            data["device"],
            data["measured_at"],
            data["meter"],
            data["provenance"],
            data["idle_w"],
            float(data["flops"]),
            float(data["bytes_per_s"]),
            tuple(data["rows"]),
            data.get("minutes"),
            data.get("busy", False),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            "this is no calibration file", place=str(place), value=str(error), remedy="Run `setsuden calibrate` again."
        ) from None


def write(calibration: DeviceFile, path: Path | None = None) -> Path:
    """Keep a calibration; the old one stays until the new one is whole."""
    place = path or default_path()
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=place.parent, delete=False) as file:
        json.dump(calibration.to_json(), file, indent=1, allow_nan=False)
    os.replace(file.name, place)
    return place
