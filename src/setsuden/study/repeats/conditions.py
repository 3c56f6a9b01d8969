"""Whether the runs that are compared were measured under the same conditions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

from setsuden.ledger import Flag, Ledger, RunRecord
from setsuden.meter.codes import BUSY_SHARE
from setsuden.study.repeats.group import Group

BUSY = "SET-REPEATS-BUSY"
MACHINES = "SET-REPEATS-MACHINES"
SENSORS = "SET-REPEATS-SENSORS"
FLAGGED = "SET-REPEATS-FLAGGED"
LEFT_OUT = "SET-REPEATS-LEFT-OUT"
OVERLAP = "SET-REPEATS-OVERLAP"
IN_BLOCKS = "SET-REPEATS-IN-BLOCKS"


def warnings(ledger: Ledger, groups: Sequence[Group]) -> Iterator[Flag]:
    """What else than the work may have made the difference."""
    runs = [run for group in groups for run in group.runs]
    left_out = [name for group in groups for name in group.left_out]
    if left_out:
        yield Flag(LEFT_OUT, f"Left out, because they did not finish or have no energy: {', '.join(left_out)}.")
    busy = [share for run in runs if (share := _others_share(run)) is not None and share > BUSY_SHARE]
    if busy:
        yield Flag(
            BUSY, f"Other programs kept up to {max(busy):.0%} of the processor busy in {len(busy)} of {len(runs)} runs."
        )
    machines = {(run.identity.get("host"), _hardware(run)) for run in runs}
    if len(machines) > 1:
        kinds = " / ".join(sorted({hardware for _, hardware in machines}))
        yield Flag(MACHINES, f"The runs were measured on {len(machines)} machines: {kinds}.")
    sensors = {" + ".join(sorted(channel.id for channel in run.channels if channel.counted)) for run in runs}
    if len(sensors) > 1:
        yield Flag(SENSORS, f"The runs do not count the same sensors: {' / '.join(sorted(sensors))}.")
    seen = Counter(chain.from_iterable({flag.code for flag in _flags(run)} for run in runs))
    uneven = [f"{code} ({count} of {len(runs)})" for code, count in sorted(seen.items()) if count < len(runs)]
    if uneven:
        yield Flag(FLAGGED, f"Flags that some of the runs have and others do not: {', '.join(uneven)}.")
    if ledger.total(ids=[run.id for run in runs]).flags:
        yield Flag(OVERLAP, "Runs overlap in time on one machine: each has joules of another in its own.")
    first, *others = groups
    blocks = [group.label for group in others if len(first.runs) > 1 and len(group.runs) > 1 and _apart(first, group)]
    if blocks:
        yield Flag(
            IN_BLOCKS,
            f"All runs of {first.label} lie on one side of those of {', '.join(blocks)}: what drifted in between "
            "looks like a difference. Take turns.",
        )


def in_turn(baseline: Sequence[RunRecord], other: Sequence[RunRecord]) -> bool:
    """Whether the runs of two groups, oldest first, alternate: every two that follow each other hold one of each."""
    if len(baseline) != len(other):
        return False
    marked = sorted([(run.started_at, 0) for run in baseline] + [(run.started_at, 1) for run in other])
    sides = [side for _, side in marked]
    return all({first, second} == {0, 1} for first, second in zip(sides[::2], sides[1::2], strict=True))


def _apart(first: Group, second: Group) -> bool:
    starts = [[run.started_at for run in group.runs] for group in (first, second)]
    return max(starts[0]) < min(starts[1]) or max(starts[1]) < min(starts[0])


def _others_share(run: RunRecord) -> float | None:
    """Of the processor, kept busy by programs other than the measured one; None where it cannot be told."""
    use = None if run.root is None else run.root.utilisation
    if use is None or use.cpu_share is None or use.process_cpu_share is None:
        return None
    return use.cpu_share - use.process_cpu_share


def _hardware(run: RunRecord) -> str:
    hardware = run.environment.get("hardware") or {}
    name, cpus = hardware.get("processor") or hardware.get("machine") or "?", hardware.get("logical_cpus") or "?"
    return f"{name}, {cpus} CPUs"


def _flags(run: RunRecord) -> tuple[Flag, ...]:
    return () if run.root is None else run.root.flags
