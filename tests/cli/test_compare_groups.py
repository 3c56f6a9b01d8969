"""``setsuden compare --group`` and ``setsuden.compare`` over runs with known joules."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import setsuden
from setsuden.cli.main import main
from setsuden.errors import BoundaryError, InputError
from setsuden.ledger import ChannelEnergy, ChannelRecord, Flag, Ledger, Measurement, Utilisation
from setsuden.ledger.nesting import VARIABLE
from setsuden.quantity import DEVICE, FACILITY, NODE, Estimate, Provenance
from setsuden.study.repeats.comparison import Comparison
from tests.schemas_support import validate

START = datetime(2026, 1, 1, tzinfo=UTC)
HARDWARE = {"hardware": {"processor": "Test CPU", "logical_cpus": 8}}


def add(
    tag: str, joules: float, turn: int, *, host: str = "here", error: float = 0.05, channel: str = "rapl/package-0",
    status: str = "finished", flags: Sequence[str] = (), others: float = 0.0, facility: bool = False,
    length_s: float = 10.0, kind: str = "meter", processor: str = "Test CPU",
) -> str:  # fmt: skip
    """A run of a tag in the ``turn``-th minute; ``others`` is the share of the processor that other programs had."""
    gross = Estimate.relative(joules, error, "J", Provenance.MEASURED, DEVICE)
    begin_s = 60.0 * turn
    found = Measurement(
        1, tag, None, START.isoformat(), begin_s, length_s, gross.within(FACILITY if facility else NODE), None,
        (ChannelEnergy(channel, "cpu", channel, "counter", gross, None, None, True),),
        Utilisation(cpu_share=0.5 + others, process_cpu_share=0.5), tuple(Flag(code, "") for code in flags),
    )  # fmt: skip
    with Ledger.open() as ledger:
        run = ledger.start_run(
            kind, tag, tags=[tag], started_at=(START + timedelta(seconds=begin_s)).isoformat(),
            environment={"hardware": {**HARDWARE["hardware"], "processor": processor}},
        )  # fmt: skip
        run.add_channels(
            [ChannelRecord(channel, "cpu", channel, "counter", Provenance.MEASURED, DEVICE, error, "scripted")]
        )
        run.close_window(found)
        run.finish(status, summary=found)
        with ledger.transaction() as connection:
            connection.execute("UPDATE runs SET identity = ? WHERE id = ?", (json.dumps({"host": host}), run.id))
    return run.id


def in_turn(first: Sequence[float], second: Sequence[float], **settings: Any) -> None:
    for turn, (a, b) in enumerate(zip(first, second, strict=True)):
        add("baseline", a, 2 * turn)
        add("pruned", b, 2 * turn + 1, **settings)


def apart(first: Sequence[float], second: Sequence[float]) -> None:
    """Two of one, two of the other, ...: neither in turn nor in blocks."""
    marked = [(tag, joules) for tag, some in (("baseline", first), ("pruned", second)) for joules in some]
    order = [*range(0, len(marked), 3), *range(1, len(marked), 3), *range(2, len(marked), 3)]
    for turn, at in enumerate(order):
        add(*marked[at], turn)


def compared(*groups: str) -> Comparison:
    return setsuden.compare(*(groups or ("tag:baseline", "tag:pruned")))


def cli(*words: str) -> Result:
    return CliRunner().invoke(main, ["compare", *words])


TWO = ("--group", "tag:baseline", "--group", "tag:pruned")


def codes(comparison: Comparison) -> list[str]:
    return [flag.code for flag in comparison.flags]


def test_a_clear_saving_is_said_with_its_interval_in_both_languages() -> None:
    in_turn([100, 101, 99, 100, 102], [88, 89, 87, 88, 90])
    (contrast,) = compared().contrasts
    assert contrast.verdict == "less"
    assert (contrast.method, contrast.shared) == ("paired", True)
    assert contrast.ratio is not None
    assert contrast.ratio.value == pytest.approx(442 / 502)
    text = cli(*TWO).stdout
    assert text.splitlines()[0].startswith("group")
    assert "pruned takes 12.0 % [" in text
    assert "less than baseline: clear." in text
    assert "because the runs took turns: -12.0 % [-" in text
    assert "the error that both share cancels" in text
    assert "Attention" not in text
    assert "明らかです" in cli(*TWO, "--lang", "ja").stdout
    document = json.loads(cli(*TWO, "--json").stdout)
    validate("compare-groups", document)
    assert document["comparisons"][0]["verdict"] == "less"
    assert [group["n"] for group in document["groups"]] == [5, 5]
    assert str(compared()) in text


def test_the_other_way_round_it_takes_more() -> None:
    in_turn([88, 89, 87], [100, 101, 99])
    (contrast,) = compared().contrasts
    assert contrast.verdict == "more"
    assert "pruned takes 13.6 % [" in cli(*TWO).stdout


def test_what_scatter_hides_is_not_decided_and_says_how_many_more_runs_would() -> None:
    apart([100, 110, 92, 105, 95], [96, 104, 90, 99, 93])
    (contrast,) = compared().contrasts
    assert (contrast.verdict, contrast.method, contrast.paired) == ("not decided", "unpaired", None)
    assert contrast.further is not None
    assert contrast.further > 5
    text = cli(*TWO).stdout
    assert "not decided yet. Most likely 4 % less; anything from" in text
    assert f"{contrast.further} more of each would likely decide" in text


def test_a_drift_that_hides_the_difference_cancels_where_runs_take_turns() -> None:
    drift = np.linspace(1, 1.5, 6)
    in_turn(list(100 * drift), list(95 * drift + np.array([0.3, -0.2, 0.1, -0.3, 0.2, -0.1])))
    (contrast,) = compared().contrasts
    assert contrast.verdict == "less"
    assert contrast.unpaired is not None
    assert contrast.unpaired.high > 1 > contrast.unpaired.low


def test_two_pairs_are_shown_and_not_judged_by() -> None:
    in_turn([100, 101], [90, 91])
    (contrast,) = compared().contrasts
    assert contrast.method == "unpaired"
    assert contrast.paired is not None


def test_turns_may_swap_their_order() -> None:
    for turn, tag in enumerate(("baseline", "pruned", "pruned", "baseline", "baseline", "pruned")):
        add(tag, 100.0 + turn, turn)
    assert compared().contrasts[0].method == "paired"


def test_one_run_each_says_that_scatter_is_unknown() -> None:
    in_turn([100], [80])
    (contrast,) = compared().contrasts
    assert (contrast.verdict, contrast.method, contrast.further) == ("scatter unknown", None, None)
    text = cli(*TWO).stdout
    assert "pruned takes 20.0 % [" in text
    assert "in one run each: how much runs scatter is unknown, so this may be chance." in text
    assert "Repeat both" in text
    validate("compare-groups", json.loads(cli(*TWO, "--json").stdout))
    add("pruned", 80, 2)
    assert "with a single run in one of the groups" in cli(*TWO).stdout


def test_two_meters_set_a_bound_that_no_repeats_get_below() -> None:
    for turn in range(6):
        add("baseline", 100 + 0.1 * (turn % 3), 2 * turn)
        add("pruned", 97 + 0.1 * (turn % 2), 2 * turn + 1, host="there")
    found = compared()
    (contrast,) = found.contrasts
    assert (contrast.verdict, contrast.shared, contrast.meter_decides) == ("not decided", False, True)
    assert contrast.ratio is not None
    assert contrast.ratio.high - contrast.ratio.low > 0.15
    assert codes(found) == ["SET-REPEATS-MACHINES"]
    text = cli(*TWO).stdout
    assert "No number of repeats would decide" in text
    assert "repeats do not make this smaller" in text


def test_the_meters_error_of_a_mean_does_not_shrink_with_repeats() -> None:
    in_turn([100, 101, 99, 100] * 10, [90, 91, 89, 90] * 10)
    group = compared().groups[0]
    assert group.half_j is not None
    assert group.half_j < 0.3
    assert (group.mean.low, group.mean.high) == pytest.approx((95 - group.half_j, 105 + group.half_j))


def test_a_difference_in_joules_holds_scatter_and_meter() -> None:
    in_turn([100, 100, 100], [90, 90, 90])
    (contrast,) = compared().contrasts
    assert (contrast.difference.value, contrast.difference.low, contrast.difference.high) == pytest.approx(
        (-10, -10.5, -9.5)
    )


# -- conditions


def test_runs_in_blocks_are_pointed_out() -> None:
    for turn, joules in enumerate((100, 101, 102)):
        add("baseline", joules, turn)
        add("pruned", joules - 10, turn + 3)
    found = compared()
    assert codes(found) == ["SET-REPEATS-IN-BLOCKS"]
    assert "交互に測ってください" in cli(*TWO, "--lang", "ja").stdout


def test_a_busy_machine_is_pointed_out() -> None:
    in_turn([100, 101, 99], [90, 91, 89], others=0.3)
    found = compared()
    assert codes(found) == ["SET-REPEATS-BUSY"]
    assert "up to 30% of the processor busy in 3 of 6 runs" in found.flags[0].detail


def test_other_hardware_and_other_sensors_are_pointed_out() -> None:
    in_turn([100, 101, 99], [90, 91, 89], channel="model/cpu", processor="Other CPU")
    found = compared()
    assert codes(found) == ["SET-REPEATS-MACHINES", "SET-REPEATS-SENSORS"]
    assert "Other CPU, 8 CPUs / Test CPU, 8 CPUs" in found.flags[0].detail
    assert "model/cpu / rapl/package-0" in found.flags[1].detail
    assert not found.contrasts[0].shared


def test_flags_of_some_of_the_runs_are_pointed_out_those_of_all_are_not() -> None:
    in_turn([100, 101, 99], [90, 91, 89])
    add("baseline", 100, 6, flags=["SET-THROTTLED"])
    found = compared()
    assert codes(found) == ["SET-REPEATS-FLAGGED"]
    assert "SET-THROTTLED (1 of 7)" in found.flags[0].detail


def test_runs_at_the_same_time_on_one_machine_are_pointed_out() -> None:
    in_turn([100, 101, 99], [90, 91, 89])
    with Ledger.open() as ledger, ledger.transaction() as connection:
        rows = connection.execute("SELECT id, summary FROM runs ORDER BY number").fetchall()
        for name, text in rows[:2]:
            connection.execute(
                "UPDATE runs SET summary = ? WHERE id = ?", (json.dumps({**json.loads(text), "start_s": 0.0}), name)
            )
    assert "SET-REPEATS-OVERLAP" in codes(compared())


def test_runs_that_failed_or_lie_within_another_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    in_turn([100, 101, 99], [90, 91, 89])
    failed = add("pruned", 5, 6, status="failed")
    with Ledger.open() as ledger:
        outer = ledger.runs(tag="pruned")[-1].id
        monkeypatch.setenv(VARIABLE, outer)
        root = ledger.run(outer).root
        assert root is not None
        ledger.start_run("meter", "inner", tags=["pruned"]).finish(summary=replace(root, start_s=1e6))
    found = compared()
    assert found.contrasts[0].group.label == "pruned"
    assert len(found.contrasts[0].group.runs) == 3
    assert codes(found) == ["SET-REPEATS-LEFT-OUT"]
    assert failed in found.flags[0].detail


# -- groups


def test_groups_are_tags_names_or_ids_and_the_first_is_the_baseline() -> None:
    in_turn([100, 101, 99], [90, 91, 89])
    by_name = compared("name:pruned", "name:baseline")
    assert by_name.contrasts[0].verdict == "more"
    ids = [",".join(group.runs) for group in by_name.groups]
    by_id = compared(ids[1], ids[0] + "," + ids[0].split(",")[0])
    assert by_id.contrasts[0].ratio == compared().contrasts[0].ratio
    assert [group.label for group in by_id.groups] == ["baseline", "pruned"]
    third = add("third", 120, 9), add("third", 121, 10)
    many = compared("tag:baseline", "tag:pruned", "tag:third")
    assert [contrast.verdict for contrast in many.contrasts] == ["less", "more"]
    assert many.groups[2].runs == third


def test_a_tag_and_a_name_that_read_alike_are_told_apart() -> None:
    add("x", 100, 0)
    first = add("x", 90, 1)
    with Ledger.open() as ledger, ledger.transaction() as connection:
        connection.execute("UPDATE runs SET tags = '[\"y\"]', name = 'y' WHERE id = ?", (first,))
        connection.execute("UPDATE runs SET name = 'z' WHERE id != ?", (first,))
    found = compared("tag:x", "name:y")
    assert [group.label for group in found.groups] == ["x", "y"]
    with Ledger.open() as ledger, ledger.transaction() as connection:
        connection.execute("UPDATE runs SET name = 'x' WHERE id = ?", (first,))
    assert [group.label for group in compared("tag:x", "name:x").groups] == ["tag:x", "name:x"]


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        (("tag:baseline",), "at least two groups"),
        (("tag:baseline", "tag:nobody"), "no run belongs to this group"),
        (("tag:baseline", "kind:meter"), "names no group"),
        (("tag:baseline", "tag:"), "names no group"),
        (("tag:baseline", " , "), "names no group"),
        (("tag:baseline", "name:baseline"), "in two groups"),
        (("tag:baseline", "nope"), "no such run"),
        (("tag:baseline", "pruned"), "Write tag:pruned for the runs of that tag"),
        (("tag:baseline", "tag:broken"), "no run of this group has finished"),
    ],
)
def test_what_is_no_group_is_refused_in_one_sentence(groups: tuple[str, ...], said: str) -> None:
    in_turn([100, 101], [90, 91])
    add("broken", 1, 9, status="failed")
    with pytest.raises(InputError, match=said):
        compared(*groups)
    result = cli(*(word for group in groups for word in ("--group", group)))
    assert (result.exit_code, result.stdout) == (2, "")


def test_runs_and_groups_are_not_compared_at_once_and_nothing_is_not_compared() -> None:
    assert cli("last", *TWO).exit_code == 2
    result = cli()
    assert result.exit_code == 2
    assert "--group" in result.stderr


def test_groups_of_different_boundaries_are_not_compared() -> None:
    in_turn([100], [90], facility=True)
    with pytest.raises(BoundaryError, match="different boundaries"):
        compared()
