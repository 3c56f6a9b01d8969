"""The state of a search in the ledger: written after every step, read back to resume."""

from __future__ import annotations

from typing import Any

from setsuden.errors import LedgerError
from setsuden.ledger import Ledger, RunRecord, RunWriter
from setsuden.quantity import Estimate
from setsuden.study.declaration import StudyDeclaration
from setsuden.study.store import STUDY
from setsuden.study.tuning.records import PaceRecord, Search, TrialRecord

KIND = "tune"
_PACE, _TRIAL, _LOST, _SPENT = "tune/pace/", "tune/trial/", "tune/lost/", "tune/spent"


class SearchStore:
    """Writes one search into its run; an interrupted one goes on in a run of its own, which gets a copy of everything.

    A ledger that fails later never stops the search: ``fault`` says what was lost.
    """

    def __init__(self, run: RunWriter) -> None:
        self.run = run
        self.fault: str | None = None

    @classmethod
    def begin(cls, ledger: Ledger, study: StudyDeclaration, created_at: str, search: Search) -> SearchStore:
        """Open a run for the search, with what is known already."""
        store = cls(ledger.start_run(KIND, study.name, study.to_json(), [KIND]))
        with store.run.transaction():
            about = {"config": study.to_json(), "config_sha256": study.sha256, "created_at": created_at}
            store.run.put_document(STUDY, about)
            for number, pace in enumerate(search.paces):
                store.run.put_document(f"{_PACE}{number:05d}", pace.to_json())
            for number, trial in enumerate(search.trials):
                store.run.put_document(f"{_TRIAL}{number:05d}", trial.to_json())
            for number, lost in enumerate(search.lost):
                store.run.put_document(f"{_LOST}{number:05d}", lost.to_json())
        return store

    def keep(self, search: Search) -> None:
        """The newest of each kind, and the seconds so far."""
        if search.paces:
            self._put(f"{_PACE}{len(search.paces) - 1:05d}", search.paces[-1].to_json())
        if search.trials:
            self._put(f"{_TRIAL}{len(search.trials) - 1:05d}", search.trials[-1].to_json())
        if search.lost:
            self._put(f"{_LOST}{len(search.lost) - 1:05d}", search.lost[-1].to_json())
        self._put(_SPENT, {"seconds": search.spent_s})

    def _put(self, name: str, document: Any) -> None:
        try:
            self.run.put_document(name, document)
        except LedgerError as error:
            self.fault = str(error)


def found_in(record: RunRecord) -> Search:
    """Everything a stored search has found."""
    names = sorted(record.documents)
    return Search(
        [PaceRecord.from_json(record.document(name)) for name in names if name.startswith(_PACE)],
        [TrialRecord.from_json(record.document(name)) for name in names if name.startswith(_TRIAL)],
        [Estimate.from_json(record.document(name)) for name in names if name.startswith(_LOST)],
        float((record.document(_SPENT) or {"seconds": 0.0})["seconds"]),
    )
