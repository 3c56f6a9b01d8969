"""The runs of a group: those of a tag, of a name, or named one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from setsuden.errors import InputError
from setsuden.ledger import Ledger, RunRecord
from setsuden.ledger.nesting import outermost

_FORMS = "Write tag:TAG, name:NAME, or ids of runs with commas between them."


@dataclass(frozen=True, slots=True)
class Group:
    """Runs of one kind of work, oldest first.

    asked      as the user wrote it
    label      the tag or the name alone, of runs named one by one the name that all have; ``asked`` where there is none
    left_out   ids of runs that did not finish, or whose energy is unknown
    """

    asked: str
    label: str
    runs: tuple[RunRecord, ...]
    left_out: tuple[str, ...]

    @property
    def energies_j(self) -> list[float]:
        """Node total of each run."""
        return [run.summary.energy.value for run in self.runs if run.summary.energy is not None]


def groups_of(ledger: Ledger, asked: Sequence[str]) -> list[Group]:
    """Two groups or more, the first is the baseline; raises InputError for fewer, and for a run in two of them."""
    if len(asked) < 2:
        raise InputError(
            "a comparison needs at least two groups", place="--group", value=list(asked) or None, remedy=_FORMS
        )
    groups = [_group(ledger, one) for one in asked]
    labels = [group.label for group in groups]
    if len(set(labels)) < len(labels):
        groups = [Group(group.asked, group.asked, group.runs, group.left_out) for group in groups]
    seen: dict[str, str] = {}
    for group in groups:
        for run in group.runs:
            if run.id in seen:
                raise InputError(
                    "a run is in two groups", place=f"{seen[run.id]} and {group.asked}", value=run.id,
                    remedy="Give each group a tag of its own.",
                )  # fmt: skip
            seen[run.id] = group.asked
    return groups


def _group(ledger: Ledger, asked: str) -> Group:
    kind, colon, value = asked.partition(":")
    if colon and kind in ("tag", "name") and value:
        found = ledger.runs(tag=value) if kind == "tag" else ledger.runs(name=value)
        tags = {run.id: run.tags for run in reversed(found)}
        records = [ledger.run(name) for name in outermost(tags)]
    elif colon or not asked.strip(", "):
        raise InputError("this names no group", place="--group", value=asked, remedy=_FORMS)
    else:
        named = [_run(ledger, name.strip()) for name in asked.split(",") if name.strip()]
        records = list({run.id: run for run in named}.values())
        value = records[0].name if len({run.name for run in records}) == 1 else asked
    records.sort(key=lambda run: run.started_at)
    good = [run for run in records if run.status == "finished" and _known(run)]
    if not good:
        what = "no run of this group has finished with an energy" if records else "no run belongs to this group"
        raise InputError(what, place="--group", value=asked, remedy="See `setsuden runs`.")
    return Group(asked, value, tuple(good), tuple(run.id for run in records if run not in good))


def _run(ledger: Ledger, name: str) -> RunRecord:
    """One run by id; whoever left out ``tag:`` or ``name:`` is told."""
    try:
        return ledger.run(name)
    except InputError as error:
        remedy = error.remedy
        if ledger.runs(tag=name, limit=1):
            remedy = f"Write tag:{name} for the runs of that tag."
        elif ledger.runs(name=name, limit=1):
            remedy = f"Write name:{name} for the runs of that name."
        raise InputError(error.message, place="--group", value=name, remedy=remedy) from None


def _known(run: RunRecord) -> bool:
    return run.summary.energy is not None and run.summary.energy.value > 0
