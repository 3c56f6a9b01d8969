"""``setsuden show``: one run in full."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from setsuden.cli.common import json_option, lang_option, print_json, tell
from setsuden.cli.ledger_option import duration, figure, ledger_option, open_ledger, table
from setsuden.cli.run_text import measurement_lines, own_cost
from setsuden.language import Language, Messages, looked_up
from setsuden.ledger import Measurement, RunRecord
from setsuden.ledger.document import run_document
from setsuden.ledger.nesting import outer_of
from setsuden.ledger.record import CUT_OFF
from setsuden.placement.judgement import said
from setsuden.predict.saying import DOCUMENT as FORECAST
from setsuden.predict.saying import outcome_lines
from setsuden.quantity import Estimate, Factor, Provenance, render, significant
from setsuden.quantity.rendering import readable

_WINDOWS_SHOWN = 30


@click.command()
@click.argument("run", default="last")
@click.option("--with-host", is_flag=True, help="Keep host, user and folder names in the JSON document.")
@ledger_option
@json_option
@lang_option
def show(run: str, with_host: bool, ledger_path: Path | None, as_json: bool, language: Language) -> None:
    """One run in full. RUN: an id, the beginning of one or of its last part, or last."""
    with open_ledger(ledger_path) as ledger:
        record = ledger.run(run)
        if as_json:
            print_json(run_document(record, with_host=with_host))
            return
        for line in _lines(record, Messages("meter", language)):
            tell(line)


def _lines(record: RunRecord, messages: Messages) -> Iterator[str]:
    yield messages.say("show.title", name=record.name, status=messages.say(f"status.{record.status}"))
    yield messages.say("summary.run", id=record.id)
    length = duration(record.summary.duration_s, messages.say("runs.unknown"))
    yield messages.say("show.started", started=record.started_at, duration=length)
    cut_off, recorded = record.status == CUT_OFF, record.summary.duration_s is not None
    if cut_off:
        yield messages.say("show.cut_off" if recorded else "show.cut_off_early")
    if record.detail:
        yield messages.say("show.failed", detail=record.detail)
    if record.tags:
        yield messages.say("show.tags", tags=", ".join(record.tags))
    if (outer := outer_of(record.tags)) is not None:
        yield messages.say("show.within", id=outer)
    if record.config.get("command"):
        yield messages.say("show.command", command=shlex.join(record.config["command"]))
    yield from _environment(record, messages)
    yield ""
    if record.root is not None and (recorded or not cut_off):
        yield from measurement_lines(record.root, messages)
        if not cut_off:
            yield own_cost(record.root, messages)
        yield ""
        yield from _channels(record.root, messages)
    yield from _idle(record, messages)
    yield from _windows(record, messages)
    forecast = record.document(FORECAST)
    if forecast is not None:
        yield ""
        yield from outcome_lines(forecast, Messages("forecast", messages.language))
    if record.events:
        yield messages.say("show.events")
        yield from (messages.say("show.event", at=e.at, code=e.code, detail=e.detail) for e in record.events)
    if record.factors:
        yield messages.say("show.factors")
        yield from (_looked_up(factor, messages) for factor in record.factors)
    yield messages.say("show.next", id=record.id)


def _looked_up(factor: Factor, messages: Messages) -> str:
    interval = f" [{_plain(factor.low)}, {_plain(factor.high)}]" if factor.low != factor.high else ""
    unit = "" if factor.unit == "1" else f" {readable(factor.unit)}"
    figure = f"{_plain(factor.value)}{unit}{interval}"
    name, source = said(factor, messages.language)
    return messages.say("show.factor", name=name, figure=figure, source=source)


def _plain(value: float) -> str:
    """Three digits, or fewer where the figure has fewer: 0.75, not 0.750."""
    text = significant(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _environment(record: RunRecord, messages: Messages) -> Iterator[str]:
    hardware, software = record.environment.get("hardware"), record.environment.get("software")
    if hardware and software:
        memory = hardware.get("memory_bytes")
        yield messages.say(
            "show.machine",
            processor=hardware.get("processor") or hardware.get("machine"),
            cpus=hardware.get("usable_cpus") or hardware.get("logical_cpus"),
            memory="?" if memory is None else render(Estimate.exact(memory, "B", Provenance.MEASURED)),
            python=software.get("python"),
        )
    git = record.environment.get("git")
    if git and git.get("commit"):
        dirty = messages.say("show.dirty") if git.get("dirty") else ""
        yield messages.say("show.commit", commit=git["commit"][:12], branch=git.get("branch") or "-", dirty=dirty)


def _channels(root: Measurement, messages: Messages) -> Iterator[str]:
    unknown = messages.say("runs.unknown")
    rows = [
        [
            looked_up.channel(part.label, messages.language),
            render(part.gross),
            figure(part.idle, unknown),
            figure(part.dynamic, unknown),
            messages.say(f"provenance.{part.gross.provenance.value}"),
            messages.say("show.counted" if part.counted else "show.not_counted"),
        ]
        for part in root.channels
    ]
    if rows:
        yield from table(messages.say("show.channels"), rows)


def _idle(record: RunRecord, messages: Messages) -> Iterator[str]:
    idle = (record.document("meter") or {}).get("idle")
    if idle:
        key = "show.idle_reused" if idle["reused"] else "show.idle"
        yield messages.say(key, duration=duration(idle["duration_s"], ""), measured_at=idle["measured_at"])


def _windows(record: RunRecord, messages: Messages) -> Iterator[str]:
    inner = [window for window in record.windows if window is not record.root]
    if not inner:
        return
    unknown = messages.say("runs.unknown")
    yield ""
    shown = inner[:_WINDOWS_SHOWN]
    counted = any(window.samples for window in shown)
    rows = [
        [
            "  " * _depth(window, record) + window.name,
            duration(window.duration_s, unknown),
            figure(window.energy, unknown),
            *(_per_sample(window) if counted else ()),
            figure(window.average_power, unknown),
            " ".join(flag.code for flag in window.flags),
        ]
        for window in shown
    ]
    yield from table(messages.say("show.windows_of_samples" if counted else "show.windows"), rows)
    if len(inner) > _WINDOWS_SHOWN:
        yield messages.say("show.more_windows", count=len(inner) - _WINDOWS_SHOWN)


def _per_sample(window: Measurement) -> tuple[str, str]:
    """Joules of a sample and samples a second; empty for a window that counted none."""
    each, rate = window.energy_per_sample, window.samples_per_s
    if each is not None and each.value < 1:
        each = each.to("mJ/sample")
    return figure(each, ""), "" if rate is None else significant(rate, 4)


def _depth(window: Measurement, record: RunRecord) -> int:
    parents = {other.window_id: other.parent_id for other in record.windows}
    depth, parent = 0, window.parent_id
    while parent is not None and parents.get(parent) is not None:
        depth, parent = depth + 1, parents[parent]
    return depth
