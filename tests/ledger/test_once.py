"""Sums over runs that watched one machine at the same time: closed forms, properties, and two real processes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.ledger import ChannelEnergy, ChannelRecord, Ledger, Measurement, Total, Utilisation
from setsuden.ledger.nesting import VARIABLE
from setsuden.meter.rig import record_of
from setsuden.quantity import DEVICE, NODE, Estimate, Provenance, total
from setsuden.sensors import discover
from setsuden.testing import FakeMachine

Counts = Callable[[float], float]
CPU = {"rapl/package-0": "cpu"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


def add(
    ledger: Ledger,
    begin_s: float,
    end_s: float,
    counts: Counts | float = 10.0,
    channels: dict[str, str] | None = None,
    *,
    step_s: float | None = 1.0,
    error: float = 0.0,
    kind: str = "meter",
    ended: bool = True,
    writer: dict[str, Any] | None = None,
    factor: Any = None,
) -> str:
    """A run whose every channel counts so; samples every ``step_s`` seconds from its begin to its end, None: none."""
    at = counts if callable(counts) else lambda t_s: counts * t_s
    joules = at(end_s) - at(begin_s)
    kinds = CPU if channels is None else channels
    records = [
        ChannelRecord(
            name, component, name, "model" if name.startswith("model/") else "counter", Provenance.MEASURED, DEVICE,
            error, "scripted", factors=() if factor is None else (factor,),
        )
        for name, component in kinds.items()
    ]  # fmt: skip
    gross = Estimate.relative(joules, error, "J", Provenance.MEASURED, DEVICE)
    parts = tuple(
        ChannelEnergy(record.id, record.component, record.label, record.method, gross, None, None, True)
        for record in records
    )
    energy = total([gross.within(NODE)] * len(parts))
    found = Measurement(
        1, "run", None, "2026-01-01T00:00:00+00:00", begin_s, end_s - begin_s, energy, None, parts, Utilisation()
    )
    run = ledger.start_run(kind, "run", tags=["t"])
    run.add_channels(records)
    if step_s is not None:
        steps = [begin_s + step_s * k for k in range(int((end_s - begin_s) / step_s) + 1)]
        times = [*(t_s for t_s in steps if t_s < end_s - 1e-9), end_s]
        for position in range(len(records)):
            rows = [(t_s, at(t_s), at(t_s), at(t_s), None) for t_s in times]
            for first in range(0, len(rows), 4):  # several blocks
                run.write_samples(position, rows[first : first + 4])
    if ended:
        run.finish(summary=found)
    if writer is not None:
        with ledger.transaction() as connection:
            (text,) = connection.execute("SELECT writer FROM runs WHERE id = ?", (run.id,)).fetchone()
            changed = json.dumps({**json.loads(text), **writer})
            connection.execute("UPDATE runs SET writer = ? WHERE id = ?", (changed, run.id))
    return run.id


def ends(found: Total) -> tuple[float, float, float]:
    energy = found.energy
    assert energy is not None
    return energy.value, energy.low, energy.high


def codes(found: Total) -> list[str]:
    return [flag.code for flag in found.flags]


# -- closed forms


def test_runs_one_after_the_other_add_up_and_nothing_is_said(ledger: Ledger) -> None:
    add(ledger, 0, 10), add(ledger, 10, 30)
    found = ledger.total(tag="t")
    assert ends(found) == (300.0, 300.0, 300.0)
    assert found.flags == ()


def test_a_run_inside_another_adds_nothing(ledger: Ledger) -> None:
    outer, inner = add(ledger, 0, 100), add(ledger, 20, 80)
    found = ledger.total()
    assert ends(found) == (1000.0, 1000.0, 1000.0)
    assert list(found.shares) == [outer]
    assert [run.id for run in found.runs] == [inner, outer]
    assert codes(found) == ["SET-COUNTED-ONCE"]
    assert found.flags[0].detail.startswith("2 of the runs watched one machine at the same time: 600 J were")


def test_ranks_of_one_training_count_the_machine_once_and_each_its_own_card(ledger: Ledger) -> None:
    for rank in range(4):
        add(ledger, 0.25 * rank, 100, 10.0, {"rapl/package-0": "cpu", f"nvml/GPU-{rank}": "gpu"})
    cards = sum(10.0 * (100 - 0.25 * rank) for rank in range(4))
    assert ends(ledger.total()) == pytest.approx((1000.0 + cards,) * 3)


def test_two_that_share_a_card_count_it_once(ledger: Ledger) -> None:
    for begin in (0, 5):
        add(ledger, begin, begin + 10, 10.0, {"nvml/GPU-a": "gpu"})
    add(ledger, 0, 15, 10.0, {"model/GPU-a": "gpu"})
    assert ends(ledger.total()) == pytest.approx((150.0,) * 3)


def test_an_overlap_is_split_by_the_samples(ledger: Ledger) -> None:
    def counts(t_s: float) -> float:  # 1 W, from the tenth second on 100 W
        return t_s + 99.0 * max(0.0, t_s - 10.0)

    add(ledger, 0, 12, counts), add(ledger, 8, 20, counts)
    assert ends(ledger.total()) == pytest.approx((counts(20),) * 3)


def test_between_two_samples_the_interval_holds_either(ledger: Ledger) -> None:
    add(ledger, 0, 12.25, 10.0), add(ledger, 8, 20, 10.0, step_s=0.5)
    value, low, high = ends(ledger.total())
    assert (value, low, high) == pytest.approx((200.0, 197.5, 202.5))


def test_without_samples_an_overlap_is_split_by_time_between_all_and_nothing_shared(ledger: Ledger) -> None:
    add(ledger, 0, 10, 10.0, step_s=None), add(ledger, 5, 15, 30.0, step_s=None)
    found = ledger.total()
    # The second reading of the time they share is 150 J, more than the first has in all of its own.
    assert ends(found) == pytest.approx((300.0, 100.0, 400.0))
    assert codes(found) == ["SET-COUNTED-ONCE", "SET-COUNTED-BY-TIME"]


def test_first_and_last_sample_alone_are_no_samples(ledger: Ledger) -> None:
    add(ledger, 0, 10, 10.0, step_s=20.0), add(ledger, 5, 15, 10.0, step_s=20.0)
    found = ledger.total()
    assert ends(found) == pytest.approx((150.0, 100.0, 200.0))
    assert "SET-COUNTED-BY-TIME" in codes(found)


def test_the_error_of_the_channel_stays_in_proportion(ledger: Ledger) -> None:
    add(ledger, 0, 10, error=0.1), add(ledger, 5, 15, error=0.1)
    assert ends(ledger.total()) == pytest.approx((150.0, 135.0, 165.0))


def test_two_readings_that_disagree_make_no_less_than_the_larger(ledger: Ledger) -> None:
    add(ledger, 0, 10, 10.0), add(ledger, 1, 9, 20.0)
    value, low, high = ends(ledger.total())
    assert (value, high) == pytest.approx((160.0, 160.0))
    assert low <= 100.0


def test_a_run_that_was_cut_off_is_counted_up_to_its_last_sample(ledger: Ledger) -> None:
    add(ledger, 0, 10, ended=False), add(ledger, 5, 15)
    value, low, high = ends(ledger.total())
    assert value == pytest.approx(150.0)
    assert low <= 150.0 <= high


# -- what adds up


def test_other_machines_and_imported_runs_add_up(ledger: Ledger) -> None:
    add(ledger, 0, 10), add(ledger, 0, 10, writer={"boot": "another"}), add(ledger, 0, 10, kind="import")
    found = ledger.total()
    assert ends(found) == (300.0, 300.0, 300.0)
    assert found.flags == ()


def test_machines_without_a_boot_id_are_told_by_name_and_time_of_day(ledger: Ledger) -> None:
    here = {"boot": None, "host": "mac"}
    names = [add(ledger, 0, 10, writer=here), add(ledger, 500, 510, writer=here)]
    with ledger.transaction() as connection:
        for name, second in zip(names, (0, 4), strict=True):
            connection.execute(
                "UPDATE runs SET started_at = ? WHERE id = ?", (f"2026-01-01T00:00:{second:02}.000+00:00", name)
            )
    assert ends(ledger.total()) == pytest.approx((140.0,) * 3)
    with ledger.transaction() as connection:
        connection.execute("UPDATE runs SET writer = ?", (json.dumps({"boot": None, "host": ""}),))
    assert ends(ledger.total())[0] == 200.0


MODELLED = {"model/cpu": "cpu", "model/dram": "dram"}


def test_a_modelled_machine_is_counted_once_whatever_the_group_of_processes(ledger: Ledger) -> None:
    for group in ("0::/session-1", "0::/session-2"):
        add(ledger, 0, 10, channels=MODELLED, writer={"cgroup": group})
    assert ends(ledger.total())[0] == 200.0


def test_containers_model_their_own_share_and_add_up(ledger: Ledger) -> None:
    for namespace in ("pid:[1]", "pid:[2]"):
        add(ledger, 0, 10, channels=MODELLED, writer={"pid_namespace": namespace})
    assert ends(ledger.total())[0] == 400.0


def test_jobs_that_were_given_cores_of_their_own_add_up(ledger: Ledger, tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    folder = machine.sysfs / "fs" / "cgroup" / "job_1"
    folder.mkdir(parents=True)
    (folder / "cpu.max").write_text("300000 100000")
    (folder / "cpu.stat").write_text("usage_usec 0\n")
    (machine.procfs / "self" / "cgroup").write_text("0::/job_1\n")
    found = discover(machine.host)
    (channel,) = (channel for channel in found.channels if channel.id == "model/cpu")
    found.close()
    share = next(factor for factor in record_of(channel, True).factors if factor.name == "share of the processor")
    for group in ("0::/job_1", "0::/job_2", "0::/job_2"):
        add(ledger, 0, 10, channels=MODELLED, writer={"cgroup": group}, factor=share)
    assert ends(ledger.total())[0] == 400.0
    whole = share._replace(source="1 x socket")
    for group in ("0::/session-1", "0::/session-2"):
        add(ledger, 50, 60, channels=MODELLED, writer={"cgroup": group}, factor=whole)
    assert ends(ledger.total())[0] == 600.0


def test_a_modelled_processor_beside_a_measured_one_is_the_same(ledger: Ledger) -> None:
    add(ledger, 0, 10, channels=MODELLED), add(ledger, 2, 8)
    assert ends(ledger.total())[0] == 200.0


# -- runs within runs


def test_a_run_within_another_on_another_machine_adds_its_own(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    outer = add(ledger, 0, 10)
    monkeypatch.setenv(VARIABLE, outer)
    add(ledger, 1, 9), add(ledger, 1, 9, writer={"boot": "another node"})
    found = ledger.total()
    assert ends(found)[0] == 180.0
    assert (len(found.runs), len(found.inner), len(found.shares)) == (3, 1, 2)


def test_a_sum_with_an_unknown_run_is_unknown(ledger: Ledger) -> None:
    add(ledger, 0, 10)
    blind = ledger.start_run("meter", "blind", tags=["t"])
    blind.finish()
    found = ledger.total()
    assert found.energy is None
    assert found.unknown == (blind.id,)
    assert ledger.total(tag="nobody").energy is None


# -- properties

RUNS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 20), st.sampled_from([0.25, 1.0, 3.0, None])), min_size=1, max_size=6
)
POWERS = st.lists(st.integers(0, 50), min_size=61, max_size=61)


def counter(powers: Sequence[int]) -> Counts:
    """Joules of watts that hold for a second each."""

    def counts(t_s: float) -> float:
        whole = int(t_s)
        return float(sum(powers[:whole])) + (t_s - whole) * powers[min(whole, len(powers) - 1)]

    return counts


@given(RUNS, POWERS)
@settings(max_examples=60)
def test_the_truth_is_inside_between_the_largest_part_and_the_sum(
    runs: list[tuple[int, int, float | None]], powers: list[int]
) -> None:
    counts = counter(powers)
    with TemporaryDirectory() as folder, Ledger.open(Path(folder) / "l.sqlite") as ledger:
        for begin, length, step_s in runs:
            add(ledger, begin, begin + length, counts, step_s=step_s)
        parts = [run.energy.value for run in ledger.runs() if run.energy is not None]
        found = ledger.total()
        value, low, high = ends(found)
        seconds = {second for begin, length, _ in runs for second in range(begin, begin + length)}
        assert low - 1e-6 <= sum(powers[second] for second in seconds) <= high + 1e-6
        assert max(parts) - 1e-9 <= value <= sum(parts) + 1e-9
        assert bool(found.flags) == (len(seconds) < sum(length for _, length, _ in runs))
        if not found.flags:
            assert found.energy == total(run.energy for run in ledger.runs() if run.energy is not None)


@given(st.permutations([(0, 10), (5, 12), (11, 30), (11, 30), (28, 29), (40, 50)]), POWERS)
@settings(max_examples=30)
def test_the_order_in_which_runs_began_to_be_written_does_not_matter(
    runs: list[tuple[int, int]], powers: list[int]
) -> None:
    counts = counter(powers)
    with TemporaryDirectory() as folder, Ledger.open(Path(folder) / "l.sqlite") as ledger:
        for begin, end in runs:
            add(ledger, begin, end, counts)
        truth = counts(30) + counts(50) - counts(40)
        assert ends(ledger.total()) == pytest.approx((truth,) * 3)


# -- two real processes

PROGRAM = """
import sys, time
from setsuden import Meter
from setsuden.quantity import DEVICE, Provenance
from setsuden.sensors.protocol import Component, Sample
from setsuden.testing import fake_channel

class Counter:  # one counter of 50 W that every process sees, as RAPL is
    name = "fake"
    channels = (fake_channel("rapl/package-0"), fake_channel("nvml/" + sys.argv[1], component=Component.GPU))
    def read(self):
        t_s = time.monotonic()
        return tuple(Sample(t_s, 50 * t_s, 50 * t_s, 50 * t_s, 50.0) for _ in self.channels)
    def close(self): ...

with Meter(sys.argv[1], sensors=[Counter()], rate_hz=20, tags=["ranks"]):
    print("ready", flush=True)
    sys.stdin.readline()
"""


def test_two_processes_that_meter_at_the_same_time_count_the_machine_once() -> None:
    def begin(name: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    processes = [begin("rank0"), begin("rank1")]
    for process in processes:
        process.communicate("stop\n")
        assert process.returncode == 0
    with Ledger.open() as ledger:
        extents = [run.extent_s for run in ledger.runs(tag="ranks") if run.extent_s is not None]
        found = ledger.total(tag="ranks")
    assert len(extents) == 2
    machine_s = max(end for _, end in extents) - min(begin for begin, _ in extents)
    cards_s = sum(end - begin for begin, end in extents)
    value, low, high = ends(found)
    assert value == pytest.approx(50 * (machine_s + cards_s), rel=1e-3)
    assert low <= 50 * (machine_s + cards_s) <= high
    assert codes(found)[0] == "SET-COUNTED-ONCE"
