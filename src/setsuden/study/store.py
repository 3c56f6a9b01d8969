"""The state of a study in the ledger: written after every window, read back to resume."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from setsuden.errors import InputError, LedgerError
from setsuden.ledger import Ledger, RunRecord, RunWriter
from setsuden.ledger.writer import status_after
from setsuden.quantity import Estimate
from setsuden.study.declaration import StudyDeclaration
from setsuden.study.findings import Findings
from setsuden.study.record import Quality, Repeat
from setsuden.study.workshop import ModelFacts

KIND = "pilot"
STUDY, _SPENT = "study", "study/spent"
_REPEAT, _QUALITY, _MODEL = "study/repeat/", "study/quality/", "study/model/"


class State:
    """Writes the state of one study into its run.

    An interrupted study goes on in a run of its own, because clocks and counters start anew; what was found before is
    copied into it, so that the newest run of a study always holds everything. A ledger that fails later never stops the
    study: ``fault`` says what was lost, and measuring goes on.
    """

    def __init__(self, run: RunWriter) -> None:
        self.run = run
        self.fault: str | None = None

    def declare(self, study: StudyDeclaration, created_at: str) -> None:
        """What was declared, and when the first session of it began."""
        self.run.put_document(
            STUDY, {"config": study.to_json(), "config_sha256": study.sha256, "created_at": created_at}
        )

    def put(self, name: str, document: Any) -> None:
        """Keep one part."""
        try:
            self.run.put_document(name, document)
        except LedgerError as error:
            self.fault = str(error)

    def failed(self, error: BaseException) -> None:
        """End the run as one that can be continued."""
        status, detail = status_after(error)
        try:
            self.run.finish(status, detail=detail)
        except LedgerError as fault:
            self.fault = str(fault)


class StudyStore(State):
    """The state of a pilot."""

    @classmethod
    def begin(cls, ledger: Ledger, study: StudyDeclaration, created_at: str, findings: Findings) -> StudyStore:
        """Open a run for the study, with what is known already."""
        store = cls(ledger.start_run(KIND, study.name, study.to_json(), [KIND]))
        with store.run.transaction():
            store.declare(study, created_at)
            for repeats in findings.repeats.values():
                for repeat in repeats:
                    store.keep_repeat(repeat)
            for quality in findings.qualities:
                store.keep_quality(quality)
            for facts in findings.models.values():
                store.keep_model(facts)
            store.keep_spent(findings)
        return store

    def keep_repeat(self, repeat: Repeat) -> None:
        """One measured window."""
        self.put(f"{_REPEAT}{repeat.configuration}#{repeat.repeat}", repeat.to_json())

    def keep_quality(self, quality: Quality) -> None:
        """One finished training."""
        key = "|".join(str(part) for part in quality.trained_as)
        self.put(_QUALITY + key, quality.to_json())

    def keep_model(self, facts: ModelFacts) -> None:
        """The profile of one model."""
        self.put(_MODEL + facts.name, facts.to_json())

    def keep_spent(self, findings: Findings) -> None:
        """Time and energy spent so far, this and earlier sessions together, and the idle power before."""
        before = findings.idle_before.to_json() if findings.idle_before else None
        spent = {"seconds": findings.spent_s, "joules": findings.spent_j, "idle_before": before}
        self.put(_SPENT, {**spent, "idle_busy_share": findings.idle_busy_share})


def unfinished(ledger: Ledger, wanted: str | None, kind: str = KIND) -> RunRecord:
    """The run to resume: the one asked for (id or prefix), else the newest of its kind that did not finish.

    Raises InputError when there is none, or when the one asked for is of another kind or is finished.
    """
    if wanted is not None:
        try:
            record = ledger.run(wanted)
        except InputError as error:
            raise InputError(error.message, place="--resume", value=wanted, remedy=error.remedy) from None
        if record.kind != kind or record.document(STUDY) is None:
            raise InputError(
                f"this run is not a {kind} study", place="--resume", value=wanted, remedy="See: setsuden runs"
            )
        if record.status in ("finished", "running"):
            raise InputError(
                f"this study is {record.status}",
                place="--resume",
                value=wanted,
                remedy="Start a new one without --resume.",
            )
        return record
    for summary in ledger.runs(kind=kind):
        if summary.status == "finished":
            break
        if summary.status != "running":
            record = ledger.run(summary.id)
            if record.document(STUDY) is not None:
                return record
    raise InputError(
        f"there is no interrupted {kind} to resume", place="--resume", remedy="Start a new one without --resume."
    )


def declared_in(record: RunRecord) -> tuple[dict[str, Any], str, str]:
    """The configuration of a stored study, its hash and when it began."""
    stored = record.document(STUDY)
    return stored["config"], stored["config_sha256"], stored["created_at"]


def beginning(study: StudyDeclaration, resume: RunRecord) -> str:
    """When the interrupted run of this very study began; raises InputError where it was declared differently."""
    _, known, created_at = declared_in(resume)
    if known != study.sha256:
        raise InputError(
            f"the interrupted study {resume.id} was declared differently",
            place="--resume",
            value=study.sha256[:12],
            remedy=f"Its configuration hash is {known[:12]}; resume it without other options, or start a new study.",
        )
    return created_at


def found_in(record: RunRecord) -> Findings:
    """Everything a stored study has found."""
    findings = Findings()
    for repeat in sorted(_all(record, _REPEAT, Repeat.from_json), key=lambda repeat: repeat.order):
        findings.repeats.setdefault(repeat.configuration, []).append(repeat)
    findings.qualities.extend(_all(record, _QUALITY, Quality.from_json))
    findings.models.update({facts.name: facts for facts in _all(record, _MODEL, lambda data: ModelFacts(**data))})
    spent = record.document(_SPENT) or {"seconds": 0.0, "joules": 0.0, "idle_before": None}
    findings.spent_s, findings.spent_j = spent["seconds"], spent["joules"]
    findings.idle_before = Estimate.from_json(spent["idle_before"]) if spent["idle_before"] else None
    findings.idle_busy_share = spent.get("idle_busy_share")
    return findings


def _all(record: RunRecord, prefix: str, read: Any) -> Iterable[Any]:
    return [read(record.document(name)) for name in record.documents if name.startswith(prefix)]
