"""Runs side by side: differences with intervals, and an honest "too close to call"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from setsuden.errors import BoundaryError, InputError
from setsuden.ledger import shared_error
from setsuden.ledger.document import summary_document
from setsuden.ledger.record import RunRecord
from setsuden.ledger.shared_error import shared_parts
from setsuden.quantity import Estimate

MORE, LESS, CLOSE, UNKNOWN = "more", "less", "too close to call", "unknown"


@dataclass(frozen=True, slots=True)
class Difference:
    """One run against the first.

    energy    run - baseline, J; None when one of them is unknown
    ratio     run / baseline; None when the baseline's interval reaches zero
    verdict   more, less, too close to call (the interval of the difference holds zero) or unknown
    shared    one machine measured both through the same channels: errors that both have cancel
    """

    run: RunRecord
    energy: Estimate | None
    ratio: Estimate | None
    verdict: str
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two or more runs against the first of them.

    components   per run, the components whose joules are counted; totals of different components are not the same thing
    """

    baseline: RunRecord
    differences: tuple[Difference, ...]
    components: tuple[frozenset[str], ...]

    @property
    def runs(self) -> tuple[RunRecord, ...]:
        """All runs, the baseline first."""
        return (self.baseline, *(difference.run for difference in self.differences))

    @property
    def same_coverage(self) -> bool:
        """Whether all runs count the same components."""
        return len(set(self.components)) == 1

    def to_json(self) -> dict[str, Any]:
        """Schema ``compare``."""
        return {
            "baseline": self.baseline.id,
            "runs": [
                {**summary_document(run.summary), "components": sorted(components)}
                for run, components in zip(self.runs, self.components, strict=True)
            ],
            "differences": [
                {
                    "run": difference.run.id,
                    "energy": None if difference.energy is None else difference.energy.to_json(),
                    "ratio": None if difference.ratio is None else difference.ratio.to_json(),
                    "verdict": difference.verdict,
                    "shared_error": difference.shared,
                }
                for difference in self.differences
            ],
            "same_coverage": self.same_coverage,
        }


def compare_runs(runs: Sequence[RunRecord]) -> Comparison:
    """Compare runs with the first; raises InputError for fewer than two, BoundaryError for different boundaries."""
    if len(runs) < 2:
        raise InputError(
            "a comparison needs at least two runs", value=len(runs), remedy="See `setsuden runs` for the ids."
        )
    require_one_boundary(runs)
    components = tuple(frozenset(c.component for c in run.channels if c.counted) for run in runs)
    return Comparison(runs[0], tuple(_difference(runs[0], run) for run in runs[1:]), components)


def require_one_boundary(runs: Iterable[RunRecord]) -> None:
    """Raise BoundaryError for runs drawn around different boundaries."""
    boundaries = {str(run.summary.energy.boundary) for run in runs if run.summary.energy is not None}
    if len(boundaries) > 1:
        raise BoundaryError(
            "these runs are drawn around different boundaries",
            value=sorted(boundaries),
            remedy="Compare runs of one boundary.",
        )


def _difference(baseline: RunRecord, run: RunRecord) -> Difference:
    mine, theirs = run.summary.energy, baseline.summary.energy
    if mine is None or theirs is None:
        return Difference(run, None, None, UNKNOWN)
    parts = shared_parts([run], [baseline])
    energy, ratio = shared_error.difference(mine, theirs, parts), shared_error.ratio(mine, theirs, parts)
    verdict = MORE if energy.low > 0 else LESS if energy.high < 0 else CLOSE
    return Difference(run, energy, ratio, verdict, parts is not None)
