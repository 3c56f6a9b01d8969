"""Measurements as plain data, both ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from setsuden.ledger.measurement import ChannelEnergy, Flag, Measurement, Utilisation
from setsuden.quantity import Estimate


def measurement_to_json(measurement: Measurement) -> dict[str, Any]:
    """Schema ``measurement``."""
    average = measurement.average_power
    return {
        "window_id": measurement.window_id,
        "name": measurement.name,
        "parent_id": measurement.parent_id,
        "started_at": measurement.started_at,
        "start_s": measurement.start_s,
        "duration_s": measurement.duration_s,
        "energy": _estimate(measurement.energy),
        "dynamic": _estimate(measurement.dynamic),
        "average_power": _estimate(average),
        "channels": [
            {
                "channel": part.channel,
                "component": part.component,
                "label": part.label,
                "method": part.method,
                "gross": part.gross.to_json(),
                "idle": _estimate(part.idle),
                "dynamic": _estimate(part.dynamic),
                "counted": part.counted,
                "flags": list(part.flags),
            }
            for part in measurement.channels
        ],
        "process_cpu_energy": _estimate(measurement.process_cpu_energy),
        "process_gpu_energy": _estimate(measurement.process_gpu_energy),
        "utilisation": {name: getattr(measurement.utilisation, name) for name in Utilisation.__dataclass_fields__},
        "flags": [{"code": flag.code, "detail": flag.detail} for flag in measurement.flags],
        "attributes": dict(measurement.attributes),
        "meter_cpu_s": measurement.meter_cpu_s,
    }


def measurement_from_json(data: Mapping[str, Any]) -> Measurement:
    """The inverse of ``measurement_to_json``."""
    return Measurement(
        window_id=data["window_id"],
        name=data["name"],
        parent_id=data["parent_id"],
        started_at=data["started_at"],
        start_s=data["start_s"],
        duration_s=data["duration_s"],
        energy=_read(data["energy"]),
        dynamic=_read(data["dynamic"]),
        channels=tuple(
            ChannelEnergy(
                part["channel"],
                part["component"],
                part["label"],
                part["method"],
                Estimate.from_json(part["gross"]),
                _read(part["idle"]),
                _read(part["dynamic"]),
                part["counted"],
                tuple(part["flags"]),
            )
            for part in data["channels"]
        ),
        utilisation=Utilisation(**data["utilisation"]),
        flags=tuple(Flag(flag["code"], flag["detail"]) for flag in data["flags"]),
        attributes=data["attributes"],
        meter_cpu_s=data["meter_cpu_s"],
        process_gpu_energy=_read(data.get("process_gpu_energy")),
    )


def _estimate(estimate: Estimate | None) -> dict[str, Any] | None:
    return None if estimate is None else estimate.to_json()


def _read(data: dict[str, Any] | None) -> Estimate | None:
    return None if data is None else Estimate.from_json(data)
