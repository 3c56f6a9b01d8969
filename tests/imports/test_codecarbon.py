"""CodeCarbon's CSV of any age; and our own export of it read back."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from setsuden.cli.main import main
from setsuden.ledger import Ledger
from setsuden.quantity import Provenance
from tests.formats.support import record, rendered
from tests.imports.support import HEADER, codes, document, file, imported, joules, refused, run

LINE = "2024-05-01T12:00:00,demo,r1,3600,0.5,0.2,0.7,0.1,1.0,Xeon,1,A100,1"


def test_a_current_file_becomes_a_run(tmp_path: Path) -> None:
    found = run(
        "codecarbon", file(tmp_path, "emissions.csv", f"{HEADER}\n{LINE}\n"), "--timezone", "UTC", "--tag", "cc"
    )
    assert joules(found) == pytest.approx(3.6e6)
    assert found.started_at == "2024-05-01T11:00:00.000+00:00"  # the file stamps the end
    assert found.summary.duration_s == 3600.0
    assert found.tags == ("cc",)
    assert {c.component: c.provenance for c in found.channels} == {
        "cpu": Provenance.ESTIMATED,
        "gpu": Provenance.MEASURED,
        "dram": Provenance.ASSUMED,
    }
    assert str(found.summary.energy.boundary) == "node"  # type: ignore[union-attr]
    assert codes(found) == []
    assert found.document("imported")["project_name"] == "demo"


def test_columns_go_by_name_not_by_position(tmp_path: Path) -> None:
    names, values = HEADER.split(","), LINE.split(",")
    turned = ",".join(reversed(names)) + "\n" + ",".join(reversed(values)) + "\n"
    assert joules(run("codecarbon", file(tmp_path, "e.csv", turned))) == pytest.approx(3.6e6)


def test_an_old_file_without_components_has_one_estimated_total(tmp_path: Path) -> None:
    old = "timestamp,experiment_id,project_name,duration,emissions,energy_consumed,country_name\n"
    old += "2020-11-01T10:00:00,x,old,10,0.1,0.002,Japan\n"
    found = run("codecarbon", file(tmp_path, "e.csv", old))
    assert joules(found) == pytest.approx(7200.0)
    (channel,) = found.channels
    assert (channel.component, channel.provenance) == ("board", Provenance.ESTIMATED)
    assert codes(found) == ["SET-IMPORT-ZONE"]


@pytest.mark.parametrize("column", ["timestamp", "duration", "energy_consumed"])
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    sentence = refused("codecarbon", file(tmp_path, "e.csv", f"{HEADER}\n{LINE}\n".replace(column, "other")))
    assert column in sentence
    assert "Columns there" in sentence


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (",3600,", ",nan,", "line 2, column duration"),
        (",3600,", ",-1,", "line 2, column duration"),
        (",1.0,", ",many,", "line 2, column energy_consumed"),
        (",1.0,", ",,", "is blank"),
        (",1.0,", ",inf,", "finite"),
        ("2024-05-01T12:00:00", "yesterday", "not a time"),
        (",A100,1", ",A100,0.5", "column pue"),
        (",A100,1", ",A100", "12 cells under 13 columns"),
    ],
)
def test_a_wrong_cell_is_named_with_its_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert expected in refused("codecarbon", file(tmp_path, "e.csv", f"{HEADER}\n{LINE.replace(old, new, 1)}\n"))


@pytest.mark.parametrize(("content", "expected"), [("", "empty"), (HEADER + "\n", "no runs"), ("a,a\n1,2\n", "twice")])
def test_a_file_without_runs_is_refused(tmp_path: Path, content: str, expected: str) -> None:
    assert expected in refused("codecarbon", file(tmp_path, "e.csv", content))


def test_a_file_that_is_not_there_is_named() -> None:
    assert "nowhere.csv" in refused("codecarbon", "nowhere.csv")


def test_a_zero_that_means_unreadable_is_flagged_and_is_no_channel(tmp_path: Path) -> None:
    line = "2024-05-01T12:00:00,demo,r1,3600,0.5,0.2,0,0.1,0.3,Xeon,1,A100,1"
    found = run("codecarbon", file(tmp_path, "e.csv", f"{HEADER}\n{line}\n"), "--timezone", "UTC")
    assert codes(found) == ["SET-IMPORT-ZERO"]
    assert {channel.component for channel in found.channels} == {"cpu", "dram"}


def test_a_machine_without_gpu_has_no_flag_for_its_zero(tmp_path: Path) -> None:
    line = "2024-05-01T12:00:00,demo,r1,3600,0.5,0.2,0,0.1,0.3,Xeon,,,1"
    assert codes(run("codecarbon", file(tmp_path, "e.csv", f"{HEADER}\n{line}\n"), "--timezone", "UTC")) == []


def test_a_run_of_zero_joules_has_no_energy(tmp_path: Path) -> None:
    line = "2024-05-01T12:00:00,demo,r1,3600,0,0,0,0,0,Xeon,,,1"
    found = run("codecarbon", file(tmp_path, "e.csv", f"{HEADER}\n{line}\n"))
    assert found.summary.energy is None
    assert "SET-IMPORT-ZERO" in codes(found)


def test_parts_that_do_not_explain_the_total_do_not_count(tmp_path: Path) -> None:
    found = run(
        "codecarbon", file(tmp_path, "e.csv", f"{HEADER}\n{LINE.replace(',1.0,', ',2.0,')}\n"), "--timezone", "UTC"
    )
    assert joules(found) == pytest.approx(7.2e6)
    assert codes(found) == ["SET-IMPORT-SUM"]
    assert [channel.id for channel in found.channels if channel.counted] == ["codecarbon/total"]


def test_facility_overhead_in_the_file_is_kept_as_such(tmp_path: Path) -> None:
    found = run("codecarbon", file(tmp_path, "e.csv", f"{HEADER}\n{LINE[:-1]}1.3\n"))
    assert str(found.summary.energy.boundary) == "node+PUE"  # type: ignore[union-attr]


def test_cumulative_lines_of_one_run_are_one_run(tmp_path: Path) -> None:
    early = LINE.replace(",3600,", ",1800,").replace(",1.0,", ",0.5,")
    other = LINE.replace("r1", "r2")
    found = document("codecarbon", file(tmp_path, "e.csv", f"{HEADER}\n{early}\n{LINE}\n{other}\n"))
    assert [r["measurement"]["energy"]["value"] for r in found["runs"]] == pytest.approx([3.6e6, 3.6e6])
    flags = [[flag["code"] for flag in r["measurement"]["flags"]] for r in found["runs"]]
    assert "SET-IMPORT-REPEATED" in flags[0]
    assert "SET-IMPORT-REPEATED" not in flags[1]


def test_local_times_are_read_in_the_zone_that_is_named(tmp_path: Path) -> None:
    found = run("codecarbon", file(tmp_path, "e.csv", f"{HEADER}\n{LINE}\n"), "--timezone", "Asia/Tokyo")
    assert found.started_at == "2024-05-01T02:00:00.000+00:00"


def test_who_knows_that_the_processor_was_metered_may_say_so(tmp_path: Path) -> None:
    found = run("codecarbon", file(tmp_path, "e.csv", f"{HEADER}\n{LINE}\n"), "--measured")
    assert {c.component: c.provenance.value for c in found.channels}["cpu"] == "measured"


def test_an_import_is_a_run_like_any_other(tmp_path: Path) -> None:
    from click.testing import CliRunner

    imported("codecarbon", file(tmp_path, "e.csv", f"{HEADER}\n{LINE}\n"), "--lang", "ja")
    for words in (["show", "last"], ["runs"], ["export", "last"], ["footprint", "--run", "last", "--site", "JP"]):
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, (words, result.output)


energies = st.floats(1e-9, 1e6, allow_nan=False)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cpu=energies, gpu=st.none() | energies, dram=st.none() | energies, board=st.none() | energies)
def test_out_and_in_again_is_the_same_energy(
    tmp_path: Path, cpu: float, gpu: float | None, dram: float | None, board: float | None
) -> None:
    given_parts = {"cpu": cpu, "gpu": gpu, "dram": dram, "board": board}
    parts = {name: kwh for name, kwh in given_parts.items() if kwh is not None}
    original = record(parts)
    path = file(tmp_path, "out.csv", rendered("codecarbon", original).text)
    back = run("codecarbon", path)
    assert joules(back) == pytest.approx(joules(original), rel=1e-9)
    assert back.summary.duration_s == pytest.approx(original.summary.duration_s)
    again = file(tmp_path, "again.csv", rendered("codecarbon", back).text)
    assert joules(run("codecarbon", again)) == pytest.approx(joules(original), rel=1e-9)
    original.ledger.close()
    back.ledger.close()


def test_overhead_survives_the_round_trip(tmp_path: Path) -> None:
    path = file(tmp_path, "out.csv", rendered("codecarbon", record(), intensity=100.0, pue=1.5).text)
    back = run("codecarbon", path)
    assert joules(back) == pytest.approx(6.0 * 3.6e6)
    assert str(back.summary.energy.boundary) == "node+PUE"  # type: ignore[union-attr]
    assert back.root is not None
    assert back.root.attributes["codecarbon_emissions_kg"] == pytest.approx(0.6)
    (again,) = csv.DictReader(io.StringIO(rendered("codecarbon", back).text))
    assert again["pue"] == "1.5"


def test_nothing_is_written_when_a_later_line_is_wrong(tmp_path: Path) -> None:
    path = file(tmp_path, "e.csv", f"{HEADER}\n{LINE}\n{LINE.replace('r1', 'r2').replace('3600', 'x')}\n")
    assert imported("codecarbon", path).exit_code == 2
    assert not (tmp_path / "ledger.sqlite").exists() or not Ledger.open(create=False).runs()
