"""The state of a search in the ledger: written after every step, read back to resume."""

from __future__ import annotations

from setsuden.ledger import Ledger, RunRecord
from setsuden.quantity import Estimate
from setsuden.study.declaration import StudyDeclaration
from setsuden.study.store import State
from setsuden.study.tuning.records import PaceRecord, Search, TrialRecord

KIND = "tune"
_PACE, _TRIAL, _LOST, _SPENT = "tune/pace/", "tune/trial/", "tune/lost/", "tune/spent"


class SearchStore(State):
    """The state of a search."""

    @classmethod
    def begin(cls, ledger: Ledger, study: StudyDeclaration, created_at: str, search: Search) -> SearchStore:
        """Open a run for the search, with what is known already."""
        store = cls(ledger.start_run(KIND, study.name, study.to_json(), [KIND]))
        with store.run.transaction():
            store.declare(study, created_at)
            for number, pace in enumerate(search.paces):
                store.put(f"{_PACE}{number:05d}", pace.to_json())
            for number, trial in enumerate(search.trials):
                store.put(f"{_TRIAL}{number:05d}", trial.to_json())
            for number, lost in enumerate(search.lost):
                store.put(f"{_LOST}{number:05d}", lost.to_json())
            store.put(_SPENT, {"seconds": search.spent_s})
        return store

    def keep(self, search: Search) -> None:
        """The newest of each kind, and the seconds so far."""
        if search.paces:
            self.put(f"{_PACE}{len(search.paces) - 1:05d}", search.paces[-1].to_json())
        if search.trials:
            self.put(f"{_TRIAL}{len(search.trials) - 1:05d}", search.trials[-1].to_json())
        if search.lost:
            self.put(f"{_LOST}{len(search.lost) - 1:05d}", search.lost[-1].to_json())
        self.put(_SPENT, {"seconds": search.spent_s})


def found_in(record: RunRecord) -> Search:
    """Everything a stored search has found."""
    names = sorted(record.documents)
    return Search(
        [PaceRecord.from_json(record.document(name)) for name in names if name.startswith(_PACE)],
        [TrialRecord.from_json(record.document(name)) for name in names if name.startswith(_TRIAL)],
        [Estimate.from_json(record.document(name)) for name in names if name.startswith(_LOST)],
        float((record.document(_SPENT) or {"seconds": 0.0})["seconds"]),
    )
