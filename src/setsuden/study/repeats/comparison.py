"""Groups of runs against the first of them: ratio, interval, verdict, and how many further repeats would tell.

Two errors of different kinds meet in the interval of a mean or a ratio. Work and machine scatter from run to run:
Student's t says how far the mean of the runs may be from the mean of very many. The meter's own error is the same in
every run, so repeats do not make it smaller, and nothing says where in its interval it lies. Therefore it is not drawn
at random: its ends are added to the ends of the other, and the interval holds 90 % of the truths wherever it lies.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Any

from setsuden.language import Language
from setsuden.language.flag_text import told
from setsuden.ledger import Flag, Ledger, shared_error
from setsuden.ledger.comparison import require_one_boundary
from setsuden.quantity import Estimate
from setsuden.study.repeats.conditions import in_turn, warnings
from setsuden.study.repeats.group import Group, groups_of
from setsuden.study.repeats.scatter import Scatter, further_repeats, of_one, paired, stretched, unpaired, widened

LESS, MORE, UNDECIDED, ONE_RUN, UNKNOWN = "less", "more", "not decided", "scatter unknown", "unknown"
PAIRS_TO_JUDGE = 3
"""With fewer pairs than this, pairing costs more degrees of freedom than it can save."""


@dataclass(frozen=True, slots=True)
class GroupResult:
    """One group.

    mean       of its runs, J, with scatter and the meter's error; of a single run its meter's error alone
    meter      the same with the meter's error alone
    sd_share   standard deviation from run to run, a share of the mean; None for a single run
    half_j     5-95 half-width of the mean by Student's t, J; None for a single run
    """

    asked: str
    label: str
    runs: tuple[str, ...]
    energies_j: tuple[float, ...]
    mean: Estimate
    meter: Estimate
    sd_share: float | None
    half_j: float | None
    duration_s: float | None

    def to_json(self) -> dict[str, Any]:
        """Schema ``compare-groups``, field ``groups``."""
        return {
            "group": self.asked,
            "label": self.label,
            "n": len(self.runs),
            "runs": list(self.runs),
            "energies_j": list(self.energies_j),
            "mean": self.mean.to_json(),
            "meter": self.meter.to_json(),
            "sd_share": self.sd_share,
            "half_width_j": self.half_j,
            "duration_s": self.duration_s,
        }


@dataclass(frozen=True, slots=True)
class Contrast:
    """One group against the baseline.

    ratio        its mean over that of the baseline, scatter and meter; None where the baseline may be zero
    difference   its mean less that of the baseline, J, likewise
    meter        the ratio with the meter's error alone; ``shared`` says whether one meter's error cancels in it
    unpaired, paired  the ratio with the scatter alone; None for a single run, and where runs did not take turns
    method       which of the two is in ``ratio``; None: neither
    verdict      less, more, not decided, scatter unknown (a single run) or unknown
    further      runs of each that would likely decide; None where it is decided, or no number up to 1000 would
    """

    group: GroupResult
    baseline: GroupResult
    ratio: Estimate | None
    difference: Estimate
    meter: Estimate | None
    shared: bool
    unpaired: Estimate | None
    paired: Estimate | None
    method: str | None
    verdict: str
    further: int | None
    meter_decides: bool

    def to_json(self) -> dict[str, Any]:
        """Schema ``compare-groups``, field ``comparisons``."""
        return {
            "group": self.group.asked,
            "ratio": _json(self.ratio),
            "difference": self.difference.to_json(),
            "verdict": self.verdict,
            "method": self.method,
            "unpaired": _json(self.unpaired),
            "paired": _json(self.paired),
            "meter": _json(self.meter),
            "shared_error": self.shared,
            "further_repeats": self.further,
            "meter_decides": self.meter_decides,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Groups against the first of them, and what to know of the conditions."""

    groups: tuple[GroupResult, ...]
    contrasts: tuple[Contrast, ...]
    flags: tuple[Flag, ...]

    def to_json(self, language: Language = "en") -> dict[str, Any]:
        """Schema ``compare-groups``."""
        return {
            "baseline": self.groups[0].asked,
            "groups": [group.to_json() for group in self.groups],
            "comparisons": [contrast.to_json() for contrast in self.contrasts],
            "flags": [{"code": flag.code, "detail": told(flag, language)} for flag in self.flags],
        }

    def __str__(self) -> str:
        """What ``setsuden compare`` prints below its table."""
        from setsuden.study.repeats.saying import lines

        return "\n".join(lines(self, "en"))


def compare(*groups: str, ledger: Ledger | str | os.PathLike[str] | None = None) -> Comparison:
    """Is B cheaper than A? Every group of runs against the first.

    groups   ``tag:TAG``, ``name:NAME`` or ids of runs with commas between them; two or more
    ledger   None: the user's

    Runs that did not finish are left out, and so are runs within another one of their group. Raises InputError for a
    group without runs, BoundaryError for runs drawn around different boundaries.
    """
    if not isinstance(ledger, Ledger):
        with Ledger.open(ledger, create=False) as opened:
            return compare(*groups, ledger=opened)
    found = groups_of(ledger, groups)
    require_one_boundary(run for one in found for run in one.runs)
    results = [_result(one) for one in found]
    contrasts = [_contrast(found[0], results[0], *other) for other in zip(found[1:], results[1:], strict=True)]
    return Comparison(tuple(results), tuple(contrasts), tuple(warnings(ledger, found)))


def _result(group: Group) -> GroupResult:
    energies = [run.summary.energy for run in group.runs if run.summary.energy is not None]
    meter = shared_error.mean(energies)
    sd_share = half_j = None
    if len(energies) > 1:
        spread = of_one(group.energies_j)
        sd_share, half_j = spread.relative_sd, spread.mean_share * spread.mean
    durations = [run.summary.duration_s for run in group.runs if run.summary.duration_s is not None]
    return GroupResult(
        group.asked,
        group.label,
        tuple(run.id for run in group.runs),
        tuple(group.energies_j),
        widened(meter, half_j or 0.0, least=0.0),
        meter,
        sd_share,
        half_j,
        math.fsum(durations) / len(durations) if durations else None,
    )


def _contrast(first: Group, baseline: GroupResult, second: Group, other: GroupResult) -> Contrast:
    parts = shared_error.shared_parts(second.runs, first.runs)
    difference = shared_error.difference(other.meter, baseline.meter, parts)
    meter = shared_error.ratio(other.meter, baseline.meter, parts)
    energies = first.energies_j, second.energies_j
    repeated = all(len(some) > 1 for some in energies)
    apart = unpaired(*energies) if repeated else None
    together = paired(*energies) if repeated and in_turn(first.runs, second.runs) else None
    pairs = together is not None and len(first.runs) >= PAIRS_TO_JUDGE
    judged = together if pairs else apart
    ratio = None if meter is None else stretched(meter, judged.share if judged else 0.0)
    verdict, further, meter_decides = _verdict(meter, judged, ratio, min(map(len, energies)), pairs)
    return Contrast(
        other, baseline, ratio, widened(difference, judged.joules if judged else 0.0), meter,
        parts is not None, _alone(meter, apart), _alone(meter, together),
        None if judged is None else "paired" if pairs else "unpaired", verdict, further, meter_decides,
    )  # fmt: skip


def _verdict(
    meter: Estimate | None, judged: Scatter | None, ratio: Estimate | None, n: int, pairs: bool
) -> tuple[str, int | None, bool]:
    """In a word, how many further repeats would decide, and whether the meter's error alone forbids it."""
    if meter is None or ratio is None:
        return UNKNOWN, None, False
    if judged is None:
        return ONE_RUN, None, False
    if ratio.high < 1 or ratio.low > 1:
        return (LESS if ratio.high < 1 else MORE), None, False
    towards = meter.high if meter.value < 1 else meter.low
    # What is left of the difference where the meter errs the other way; its end on the far side of 1 leaves nothing.
    gap = -math.log(towards) if meter.value < 1 else math.log(towards) if towards > 0 else -math.inf
    return UNDECIDED, further_repeats(judged, gap, n, pairs=pairs), gap <= 0


def _alone(meter: Estimate | None, scatter: Scatter | None) -> Estimate | None:
    """The ratio with its scatter and without the meter's error."""
    if meter is None or scatter is None:
        return None
    exact = Estimate(meter.value, meter.value, meter.value, meter.unit, meter.provenance, meter.boundary)
    return stretched(exact, scatter.share)


def _json(estimate: Estimate | None) -> dict[str, Any] | None:
    return None if estimate is None else estimate.to_json()
