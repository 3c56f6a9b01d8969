"""What a federation leaves in the ledger while it trains."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from setsuden.errors import LedgerError
from setsuden.federated.study.reading import Federation
from setsuden.ledger.writer import status_after

if TYPE_CHECKING:
    from setsuden.federated.engine import RoundDone
    from setsuden.federated.task import FederatedTask
    from setsuden.ledger import Ledger
    from setsuden.meter import Meter, Window

KIND = "federate"


def key(task: FederatedTask) -> str:
    """Of the files of one training: ``ring-seed0``."""
    return f"{re.sub(r'[^a-z0-9]+', '-', task.topology.name.lower()).strip('-')}-seed{task.seed}"


class Book:
    """The run in the ledger, if there is one: rounds as they end, and the energy of this machine by window.

    fault   why a part of it is not there; None while all is
    """

    def __init__(self, federation: Federation, ledger: Ledger | None) -> None:
        self.fault: str | None = None
        self._meter: Meter | None = None
        self._run = None
        if ledger is not None:
            from setsuden.meter import Meter

            config = federation.declaration.model_dump(mode="json")
            self._run = ledger.start_run(KIND, federation.name, config, [KIND])
            self._meter = Meter(federation.name, run=self._run, idle_s=0, kind=KIND)

    @property
    def run_id(self) -> str | None:
        """In the ledger."""
        return None if self._run is None else self._run.id

    def __enter__(self) -> Book:
        if self._meter is not None:
            self._meter.start()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._meter is None or self._run is None:
            return
        whole = self._meter.stop(error)
        status, detail = status_after(error)
        try:
            self._run.finish(status, detail=detail, summary=whole)
        except LedgerError as fault:
            self.fault = str(fault)

    def window(self, name: str, **attributes: Any) -> AbstractContextManager[Window | None]:
        """Energy of this machine meanwhile."""
        return nullcontext() if self._meter is None else self._meter.window(name, **attributes)

    def keep_round(self, task: FederatedTask, done: RoundDone) -> None:
        """The state of a training after a round; a ledger that fails later never stops the training."""
        document: Mapping[str, Any] = {
            "round": done.round,
            "asked": done.asked,
            "replied": done.replied,
            "accuracy": done.accuracy,
            "loss": done.loss,
            "spent": asdict(done.spent),
            "faults": [str(fault) for fault in done.faults],
        }
        self._told(lambda run: run.put_document(f"federated/{key(task)}/{done.round:05d}", document))

    def event(self, kind: str, detail: str) -> None:
        """Something worth knowing of the run."""
        self._told(lambda run: run.event(kind, detail))

    def _told(self, tell: Callable[[Any], None]) -> None:
        if self._run is None:
            return
        try:
            tell(self._run)
        except LedgerError as error:
            self.fault = str(error)
