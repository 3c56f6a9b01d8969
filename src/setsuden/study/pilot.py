"""A pilot from a checked declaration to the finished document."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from setsuden.errors import InputError, LedgerError
from setsuden.ledger import ChannelRecord, Flag, Ledger, RunRecord
from setsuden.ledger.environment import capture
from setsuden.meter import IdleBaseline, Meter
from setsuden.meter.codes import NOT_RECORDED
from setsuden.meter.rig import record_of
from setsuden.places import Declared
from setsuden.predict.listeners import forecasts_of
from setsuden.quantity import NODE, Estimate, total
from setsuden.sensors import Clock
from setsuden.study.budget import Budget
from setsuden.study.declaration import StudyDeclaration
from setsuden.study.document import Session, pilot_document
from setsuden.study.findings import Findings
from setsuden.study.machine import power_settings
from setsuden.study.plan import configurations
from setsuden.study.progress import Progress, Silent
from setsuden.study.runner import Runner
from setsuden.study.store import KIND, StudyStore, beginning, found_in
from setsuden.study.surroundings import Surroundings
from setsuden.study.trace import power_trace


def run_pilot(
    study: StudyDeclaration,
    declared: Declared,
    ledger: Ledger,
    *,
    resume: RunRecord | None = None,
    progress: Progress | None = None,
    command: str = "setsuden pilot",
    surroundings: Surroundings | None = None,
) -> dict[str, Any]:
    """Measure, train, analyse and decide; the pilot document, which is also kept in the ledger.

    declared   where the study was declared, for errors that only the data can show
    resume     the interrupted run to continue; InputError unless it holds the same configuration
    command    how to run it again

    Raises InputError before anything is written. An interruption leaves a run that ``resume`` can continue.
    """
    around = surroundings or Surroundings()
    shown = progress or Silent()
    findings, created_at = _beginning(study, resume, around.clock)
    _check_minutes(study, declared)
    if study.power_limits_w:
        raise InputError(
            "a pilot sets no power limits", place=declared.place(("power_limits_w",)), remedy="`setsuden tune` does."
        )
    seconds = around.clock.elapsed
    workshop = around.workshop(study, declared, seconds)
    discovery = around.discover(around.clock)
    channels = [record_of(channel, channel.id in discovery.counted) for channel in discovery.channels]
    store = StudyStore.begin(ledger, study, created_at, findings)
    if resume is not None:
        store.run.event("resumed", f"continues {resume.id}")
    budget = Budget.of(study, seconds, findings.spent_s)
    began = (seconds(), around.clock.utc())
    meter = Meter(
        study.name,
        run=store.run,
        sensors=discovery.sensors,
        probe=around.probe(around.host, discovery),
        clock=around.clock,
        idle_s=budget.idle_s,
        sleep=around.sleep,
        rate_hz=around.rate_hz,
        kind=KIND,
    )
    runner = Runner(study, workshop, meter, store, findings, budget, seconds, shown)
    try:
        runner.show("idle", 0, 1, "")
        with meter:
            if findings.idle_before is None and meter.idle is not None:
                findings.idle_before = _idle_power(channels, meter.idle)
                findings.idle_busy_share = meter.idle.busy_share
            store.keep_spent(findings)
            runner.run()
            findings.spent_s = budget.elapsed_s
            runner.show("idle", 1, 1, "")
        findings.spent_s = budget.elapsed_s
        if not findings.windows:
            raise InputError(
                "the time or energy was spent before anything was measured",
                place=declared.place(("measure", "minutes")),
                value=study.measure.minutes,
                remedy="Allow more minutes, or declare fewer configurations.",
            )
    except BaseException as error:
        store.failed(error)
        raise
    finally:
        shown.finish()
    findings.idle_after = _idle_after(store, channels)
    if store.fault is not None:
        findings.flags.append(Flag(NOT_RECORDED, f"Part of the study's state was not kept: {store.fault}"))
    ended = (seconds(), around.clock.utc())
    session = Session(
        study=study,
        findings=findings,
        data_facts=workshop.data_facts,
        discovery=discovery,
        channels=channels,
        environment=capture(),
        settings=power_settings(around.host),
        whole=meter.result,
        trace=_trace(ledger, store.run.id, runner.marks),
        run_id=store.run.id,
        created_at=created_at,
        command=command,
        clocks=(ended[0] - began[0], (ended[1] - began[1]).total_seconds()),
        forecasts=forecasts_of(meter)["runs"],
    )
    document = pilot_document(session)
    try:
        store.run.put_document(KIND, document)
        store.run.finish("finished", summary=meter.result)
    except LedgerError as error:
        document["flags"].append({"code": NOT_RECORDED, "detail": str(error)})
    return document


def _beginning(study: StudyDeclaration, resume: RunRecord | None, clock: Clock) -> tuple[Findings, str]:
    if resume is None:
        return Findings(), clock.utc().astimezone(UTC).isoformat(timespec="seconds")
    created_at = beginning(study, resume)
    return found_in(resume), created_at


def _check_minutes(study: StudyDeclaration, declared: Declared) -> None:
    """The mlperf-like protocol does not shorten windows to fit, so what does not fit is refused at once."""
    if study.protocol != "mlperf-like" or study.measure.minutes is None:
        return
    one_s = study.measure.window_s + study.measure.warmup_s
    share = 1 - study.quality.time_share if "train" in study.phases else 1.0
    needed = (len(configurations(study)) * study.measure.repeats * one_s / share + 2 * study.measure.idle_s) / 60
    if needed > study.measure.minutes:
        raise InputError(
            f"the mlperf-like protocol needs about {needed:.0f} minutes for these configurations",
            place=declared.place(("measure", "minutes")),
            value=study.measure.minutes,
            remedy="Allow more, or declare fewer models, batch sizes or repeats.",
        )


def _idle_power(channels: Sequence[ChannelRecord], baseline: IdleBaseline | None) -> Estimate | None:
    """Watts of the counted channels together; None without a baseline."""
    if baseline is None:
        return None
    powers = [
        power for channel in channels if channel.counted and (power := baseline.powers.get(channel.id)) is not None
    ]
    return total(power.within(NODE) for power in powers) if powers else None


def _idle_after(store: StudyStore, channels: Sequence[ChannelRecord]) -> Estimate | None:
    try:
        told = store.run.document("meter")
    except LedgerError:
        return None
    after = told.get("idle_after") if told else None
    return _idle_power(channels, IdleBaseline.from_json(after)) if after else None


def _trace(ledger: Ledger, run_id: str, marks: list[tuple[float, str]]) -> dict[str, Any] | None:
    try:
        return power_trace(ledger.run(run_id), marks)
    except LedgerError:
        return None
