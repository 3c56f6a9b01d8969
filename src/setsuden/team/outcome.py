"""What became of one run on its way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from setsuden.errors import SetsudenError

Result = Literal["sent", "updated", "there", "newer", "refused", "fetched", "own"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run.

    result   sent or fetched: it was not there; updated: an older state was; there: the same was; newer: the database
             has a newer state; own: the local ledger measured the run itself, which stays; refused: see ``error``
    samples  how many samples the run has
    error    why it was refused, and what to do
    """

    id: str
    name: str
    result: Result
    samples: int = 0
    error: SetsudenError | None = None

    def to_json(self) -> dict[str, Any]:
        """Schemas ``ledger-send`` and ``ledger-fetch``, items of ``runs``."""
        reason = None if self.error is None else str(self.error)
        return {"id": self.id, "name": self.name, "result": self.result, "samples": self.samples, "reason": reason}
