"""Runs with known joules, and validation against our transcriptions of foreign schemas."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema

from setsuden.footprint import footprint
from setsuden.footprint.from_run import from_record
from setsuden.ledger import ChannelEnergy, ChannelRecord, Ledger, Measurement, RunRecord, Utilisation
from setsuden.quantity import DEVICE, NODE, Estimate, Provenance, total
from setsuden.report.formats import render
from setsuden.report.formats.facts import Facts
from setsuden.report.formats.redaction import redaction_of
from setsuden.report.formats.subject import Rendered, Subject

NOW = datetime(2026, 11, 21, 12, 30, 0, tzinfo=UTC)
SCHEMAS = Path(__file__).parent / "schemas"


def record(
    parts: dict[str, float] | None = None, *, half_width: float = 0.05, duration_s: float = 3600.0,
    name: str = "demo", idle: dict[str, Any] | None = None, **attributes: Any,
) -> RunRecord:  # fmt: skip
    """A run in the default ledger.

    parts   component -> kWh; cpu by RAPL, gpu by NVML, dram by a model
    """
    source = {"cpu": "rapl/package-0", "gpu": "nvml/GPU-1", "dram": "model/dram", "board": "wall/0"}
    energies = []
    channels = []
    for component, kwh in (parts if parts is not None else {"cpu": 1.0, "gpu": 3.0}).items():
        measured = Provenance.MEASURED if component != "dram" else Provenance.ASSUMED
        channel = ChannelRecord(
            source[component], component, {"gpu": "NVIDIA A100"}.get(component, component.upper()), "counter", measured,
            DEVICE, half_width, "scripted",
        )  # fmt: skip
        gross = Estimate.relative(kwh * 3.6e6, half_width, "J", measured, DEVICE)
        channels.append(channel)
        energies.append(ChannelEnergy(channel.id, component, channel.label, "counter", gross, None, None, True))
    window = Measurement(
        window_id=1, name=name, parent_id=None, started_at="2026-01-01T00:00:00.000+00:00", start_s=0.0,
        duration_s=duration_s, energy=total([part.gross.within(NODE) for part in energies]) if energies else None,
        dynamic=None, channels=tuple(energies), utilisation=Utilisation(cpu_share=0.5, gpu_sm_share=0.9),
        attributes=attributes,
    )  # fmt: skip
    environment = {
        "hardware": {"processor": "AMD EPYC 7B12", "logical_cpus": 8, "memory_bytes": 32e9},
        "software": {"system": "Linux", "python": "3.11.7", "packages": {}},
    }
    with Ledger.open() as ledger:
        writer = ledger.start_run("command", name, {"command": ["secret-tool", "/home/x"]}, environment=environment)
        writer.add_channels(channels)
        writer.close_window(window)
        if idle is not None:
            writer.put_document("meter", {"idle": idle})
        writer.finish(summary=window)
    ledger = Ledger.open(create=False)
    return ledger.run(writer.id)


def subject(run: RunRecord, facts: Facts | None = None, *, model_card: str | None = None, **place: Any) -> Subject:
    """``place`` goes to the footprint; without any there is none."""
    priced = footprint(from_record(run).energy, **place) if place else None
    return Subject(
        run, priced, facts or Facts(), NOW, redaction_of(run.identity), model_card=model_card, site=place.get("site")
    )


def rendered(form: str, run: RunRecord, facts: Facts | None = None, **place: Any) -> Rendered:
    return render(form, subject(run, facts, **place))


def validated(name: str, text: str) -> dict[str, Any]:
    """The document, if it fits our transcription of the format's schema."""
    document = json.loads(text)
    schema = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    validator(schema).validate(document)
    assert isinstance(document, dict)
    return document
