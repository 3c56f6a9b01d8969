"""Sums by hand: every joule once, by time, tag, name, machine, phase and provenance."""

from __future__ import annotations

from datetime import UTC, date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.dashboard.advice import advice
from setsuden.dashboard.period import MOST_STEPS, STEPS, Period, own_period, period_of, start_of, starts, step_for
from setsuden.dashboard.settings import Settings
from setsuden.dashboard.sharing import Sharing
from setsuden.dashboard.spent import Spent, spent
from setsuden.errors import InputError
from setsuden.ledger import Ledger
from setsuden.ledger.entries import entries
from setsuden.quantity import DEVICE, Provenance
from tests.dashboard.support import KWH, write

EVER = Period("all", None, None)
LEAST, LAST = date(2020, 1, 1), date(2030, 1, 1)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.open(tmp_path / "ledger.sqlite")


def found(ledger: Ledger, period: Period = EVER) -> Spent:
    return spent(ledger, entries(ledger, {}), period, None, UTC, Sharing())


def kwh(estimate: object) -> float:
    return estimate.to("kWh").value  # type: ignore[attr-defined, no-any-return]


def test_a_run_inside_another_is_counted_once(ledger: Ledger) -> None:
    outer = write(ledger, "search.sh", 5.0, tags=["night"])
    inner = write(ledger, "trial", 2.0, inside=outer)
    write(ledger, "epoch", 1.0, inside=inner)
    write(ledger, "other.py", 3.0)
    total = found(ledger).total
    assert total.energy is not None
    assert (total.runs, total.shared) == (4, 2)
    assert kwh(total.energy) == pytest.approx(8.0)
    assert kwh(total.energy) == pytest.approx(total.energy.low / KWH / 0.9)


def test_a_run_counts_where_the_one_around_it_has_no_energy_or_is_gone(ledger: Ledger) -> None:
    outer = write(ledger, "search.sh", None)
    write(ledger, "trial", 2.0, inside=outer)
    write(ledger, "orphan", 3.0, tags=["within:20000101-000000-000000"])
    total = found(ledger).total
    assert kwh(total.energy) == pytest.approx(5.0)
    assert total.unknown == 1


def test_runs_that_say_they_are_inside_each_other_do_not_hang(ledger: Ledger) -> None:
    first = write(ledger, "a", 1.0)
    second = write(ledger, "b", 1.0, inside=first)
    with ledger.transaction() as connection:
        connection.execute("UPDATE runs SET tags = ? WHERE id = ?", (f'["within:{second.id}"]', first.id))
    assert found(ledger).total.runs == 2


def test_months_add_up_to_the_whole_also_where_a_run_inside_began_in_the_next(ledger: Ledger) -> None:
    outer = write(ledger, "long.sh", 5.0, day="2026-10-31")
    write(ledger, "late trial", 2.0, day="2026-11-01", inside=outer)
    write(ledger, "other.py", 1.0, day="2026-11-02")
    whole = found(ledger)
    months = [found(ledger, own_period(date(2026, m, 1), date(2026, m, 28 + 3 * (m == 10)))) for m in (10, 11)]
    assert [kwh(month.total.energy) for month in months] == pytest.approx([5.0, 1.0])
    assert kwh(whole.total.energy) == pytest.approx(6.0)
    assert sum(kwh(column.tally.energy) for column in whole.columns if column.tally.energy) == pytest.approx(6.0)


def test_a_tag_counts_runs_inside_others_without_it_and_none_twice(ledger: Ledger) -> None:
    outer = write(ledger, "search.sh", 5.0)
    middle = write(ledger, "trial", 2.0, tags=["vision"], inside=outer)
    write(ledger, "epoch", 1.0, tags=["vision"], inside=middle)
    write(ledger, "other.py", 3.0, tags=["vision", "night"])
    groups = {group.name: kwh(group.tally.energy) for group in found(ledger).tags}
    assert groups == {"vision": pytest.approx(5.0), "night": pytest.approx(3.0)}


def test_names_and_machines_part_the_whole(ledger: Ledger) -> None:
    outer = write(ledger, "search.sh", 5.0)
    write(ledger, "trial", 2.0, inside=outer)
    write(ledger, "other.py", 3.0, identity={"host": "labo"})
    result = found(ledger)
    assert {g.name: kwh(g.tally.energy) for g in result.names} == {"search.sh": 5.0, "other.py": 3.0}
    assert {g.name: kwh(g.tally.energy) for g in result.machines} == {"kaizen-01": 5.0, "labo": 3.0}


def test_phases_come_from_the_windows_and_from_runs_inside_and_add_up(ledger: Ledger) -> None:
    write(ledger, "train.py", 4.0, phases=[("train", 0.5), ("infer", 0.25)])
    outer = write(ledger, "search.sh", 10.0)
    write(ledger, "trial", 6.0, inside=outer, phases=[("train", 1.0)])
    phases = {name: kwh(part) for name, part in found(ledger).total.phases.items()}
    assert phases == {"train": pytest.approx(8.0), "infer": pytest.approx(1.0), "other": pytest.approx(5.0)}


def test_windows_that_overlap_share_what_there_is(ledger: Ledger) -> None:
    write(ledger, "both.py", 3.0, phases=[("train", 1.0), ("infer", 0.5)])
    phases = {name: kwh(part) for name, part in found(ledger).total.phases.items()}
    assert phases == {"train": pytest.approx(2.0), "infer": pytest.approx(1.0)}


def test_measured_estimated_and_assumed_are_shares_of_the_whole(ledger: Ledger) -> None:
    for provenance, energy in zip(Provenance, (5.0, 3.0, 2.0), strict=True):
        write(ledger, "a", energy, provenance=provenance)
    total = found(ledger).total
    assert [total.share(provenance) for provenance in Provenance] == pytest.approx([0.5, 0.3, 0.2])
    assert total.energy is not None
    assert total.energy.provenance is Provenance.ASSUMED


def test_another_boundary_is_left_out_and_said(ledger: Ledger) -> None:
    for _ in range(2):
        write(ledger, "node", 1.0)
    write(ledger, "device", 7.0, boundary=DEVICE)
    total = found(ledger).total
    assert kwh(total.energy) == pytest.approx(2.0)
    assert total.apart == 1


def test_what_broke_off_is_summed_and_advised_first_where_it_is_most(ledger: Ledger) -> None:
    write(ledger, "good.py", 1.0, tags=["vision"])
    write(ledger, "bad.py", 9.0, status="failed", detail="RuntimeError: out of memory", tags=["vision"])
    write(ledger, "stopped.py", 1.0, status="interrupted", tags=["night"])
    result = found(ledger)
    assert [entry.summary.name for entry in result.broken_off] == ["stopped.py", "bad.py"]
    assert kwh(result.lost.energy) == pytest.approx(10.0)
    said = advice(result, Settings(ledger=ledger.path, site="JP"))
    assert [item.code for item in said] == ["broken", "tag"]
    assert said[0].share == pytest.approx(10 / 11)


def test_idle_and_untagged_and_modelled_energy_is_advised_only_where_it_is_much(ledger: Ledger) -> None:
    write(ledger, "a", 4.0, idle_share=0.6, provenance=Provenance.ESTIMATED)
    result = found(ledger)
    assert result.total.idle_j == pytest.approx(2.4 * KWH)
    codes = {item.code: item.share for item in advice(result, Settings(ledger=ledger.path))}
    assert codes == {"untagged": 1.0, "modelled": 1.0, "idle": pytest.approx(0.6)}
    empty = Ledger.open(ledger.path.with_name("empty.sqlite"))
    assert advice(found(empty), Settings(ledger=ledger.path)) == []


def test_a_row_that_did_not_change_is_not_read_again_and_a_deleted_one_goes(ledger: Ledger) -> None:
    first, second = write(ledger, "a", 1.0), write(ledger, "b", 2.0)
    known = entries(ledger, {})
    again = entries(ledger, known)
    assert all(again[number] is known[number] for number in known)
    ledger.delete(first.id)
    assert [entry.summary.id for entry in entries(ledger, known).values()] == [second.id]


@given(st.dates(LEAST, LAST), st.dates(LEAST, LAST), st.sampled_from([None, *STEPS]))
def test_steps_cover_every_day_once_and_are_never_too_many(one: date, other: date, wanted: str | None) -> None:
    first, last = min(one, other), max(one, other)
    step = step_for(first, last, wanted)  # type: ignore[arg-type]
    begun = list(starts(first, last, step))
    assert begun == sorted(set(begun))
    assert start_of(first, step) == begun[0] <= first
    assert start_of(last, step) == begun[-1] <= last
    assert len(begun) <= MOST_STEPS or step == "month"


def test_a_period_holds_its_first_and_last_day_and_no_other() -> None:
    week = period_of("7d", date(2026, 11, 22))
    assert [week.holds(date(2026, 11, day)) for day in (15, 16, 22)] == [False, True, True]
    with pytest.raises(InputError, match="before the first"):
        own_period(date(2026, 2, 1), date(2026, 1, 1))
    with pytest.raises(InputError, match="no such period"):
        period_of("fortnight", date(2026, 1, 1))
