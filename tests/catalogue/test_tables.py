"""Every built-in table: readable, cited, and able to be overridden row by row."""

from __future__ import annotations

import csv
import math
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from setsuden.catalogue import everything, grid, processors, uncertainty
from setsuden.catalogue.sheet import sources
from setsuden.catalogue.source import Source
from setsuden.catalogue.table import HERE, Table, nearest
from setsuden.errors import InputError

BLANK_SOURCES = {"esp32"}  # a row that says that nothing was found


@pytest.fixture
def overrides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    monkeypatch.setenv("SETSUDEN_CATALOGUE", str(folder))
    return folder


def fresh_grid() -> Table[grid.GridRow]:
    return Table("grid", grid.GridRow)


def header_and_row(table: str, row_id: str) -> tuple[list[str], dict[str, str]]:
    with (HERE / f"{table}.csv").open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        return list(reader.fieldnames or ()), next(row for row in reader if row["id"] == row_id)


def write(path: Path, header: list[str], *rows: dict[str, str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, header)
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize("name", sorted(everything.BUILT_IN))
def test_every_row_of_every_table_reads_and_cites_a_source(name: str) -> None:
    table = everything.BUILT_IN[name]
    for row in table:
        assert table.get(row.id) is row
        assert row.source.id in sources(HERE) or row.id in BLANK_SOURCES
        assert "{ref}" not in row.source.text
        for item in fields(row):
            value = getattr(row, item.name)
            assert not isinstance(value, float) or math.isfinite(value)


def test_every_table_on_disk_has_a_type() -> None:
    on_disk = {path.stem for path in HERE.glob("*.csv")} - {"sources"}
    assert on_disk == set(everything.BUILT_IN)


def test_every_source_that_is_listed_is_cited() -> None:
    cited = {source.id for table in everything.BUILT_IN.values() for source in table.citations()}
    through_regions = set(everything.BUILT_IN["cloud_regions"].column("pue_source_id").values())
    assert set(sources(HERE)) <= cited | through_regions


def test_share_alike_figures_are_not_among_the_built_in_ones() -> None:
    for table in everything.BUILT_IN.values():
        for source in table.citations():
            assert "ODbL" not in (source.licence or "") or "single fact" in (source.licence or "")
            assert "Electricity Maps yearly" not in source.text


def test_a_blank_cell_is_unknown_and_never_zero() -> None:
    assert processors.TABLE.get("google-tpu-v5p").tdp_w is None
    assert everything.BUILT_IN["paper_factors"].get("qiu2021:grid_france").value is None


def test_an_unknown_row_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"amd-epyc-7502\b"):
        processors.TABLE.get("amd-epyc-75O2")


def test_an_override_replaces_one_row_by_id_and_says_so(overrides: Path) -> None:
    header, row = header_and_row("grid", "JP")
    write(overrides / "grid.csv", header, row | {"intensity_g_per_kwh": "123.5"})
    table = fresh_grid()
    assert table.get("JP").intensity_g_per_kwh == 123.5
    assert table.get("JP").source.text == f"user override: {overrides / 'grid.csv'}"
    assert table.get("SE").source.licence == "CC-BY-4.0"
    assert len(table) == len(grid.LATEST)


def test_an_override_may_add_rows_and_leave_the_source_columns_out(overrides: Path) -> None:
    header, row = header_and_row("grid", "JP")
    plain = [name for name in header if not name.startswith("source_")]
    write(overrides / "grid.csv", plain, {name: row[name] for name in plain} | {"id": "MY-SOLAR", "name": "my roof"})
    table = fresh_grid()
    assert table.get("MY-SOLAR").name == "my roof"
    assert table.ids()[-1] == "MY-SOLAR"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"intensity_g_per_kwh": "many"}, r"intensity_g_per_kwh cannot be read \(got 'many'\)"),
        ({"intensity_g_per_kwh": "nan"}, "intensity_g_per_kwh cannot be read"),
        ({"intensity_g_per_kwh": ""}, "intensity_g_per_kwh must not be blank"),
        ({"year": "2025.5"}, "year cannot be read"),
    ],
)
def test_a_wrong_cell_in_an_override_is_named_at_once(overrides: Path, change: dict[str, str], message: str) -> None:
    header, row = header_and_row("grid", "JP")
    write(overrides / "grid.csv", header, row | change)
    with pytest.raises(InputError, match=message) as caught:
        fresh_grid().get("SE")
    assert "grid.csv, row JP" in str(caught.value)


def test_a_missing_column_is_named_with_all_that_are_needed(overrides: Path) -> None:
    header, row = header_and_row("grid", "JP")
    del row["basis"]
    write(overrides / "grid.csv", [name for name in header if name != "basis"], row)
    with pytest.raises(InputError, match="lacks the column 'basis'") as caught:
        fresh_grid().ids()
    assert "intensity_g_per_kwh" in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"id,kind\nJP\xff,x\n", "not UTF-8"),
        (b"id,colour\nJP,red\n", "lacks the column"),
    ],
)
def test_a_broken_override_is_one_clear_sentence(overrides: Path, content: bytes, message: str) -> None:
    (overrides / "grid.csv").write_bytes(content)
    with pytest.raises(InputError, match=message):
        fresh_grid().ids()


def test_ragged_and_repeated_rows_of_an_override_are_refused(overrides: Path) -> None:
    header, row = header_and_row("grid", "JP")
    write(overrides / "grid.csv", header, row, row)
    with pytest.raises(InputError, match="two rows have the same id"):
        fresh_grid().ids()
    (overrides / "grid.csv").write_text(",".join(header) + "\nJP,country\n", encoding="utf-8")
    with pytest.raises(InputError, match="row 2 has 2 cells"):
        fresh_grid().ids()


def test_a_folder_that_is_named_but_missing_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SETSUDEN_CATALOGUE", str(tmp_path / "absent"))
    with pytest.raises(InputError, match="SETSUDEN_CATALOGUE"):
        fresh_grid().ids()


def test_importing_the_catalogue_loads_nothing_heavy_and_reads_no_table() -> None:
    program = (
        "import sys\n"
        "from setsuden import catalogue\n"
        "catalogue.processors, catalogue.grid\n"
        "heavy = {'numpy', 'pydantic', 'torch', 'scipy', 'yaml', 'rich', 'click', 'jinja2'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert catalogue.grid.LATEST._sheets is None\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_citation_names_its_edition_once() -> None:
    assert str(Source("a", "Ember, yearly data")) == "Ember, yearly data"
    assert str(Source("a", "Ember, yearly data", edition="copy of 2026-04-29")) == (
        "Ember, yearly data [copy of 2026-04-29]"
    )
    assert str(Source("a", "Ember, 2026-04-29", edition="copy of 2026-04-29")) == "Ember, 2026-04-29"


def test_a_source_keeps_its_licence_edition_and_page() -> None:
    found = sources(HERE).values()
    for name in ("licence", "edition", "url"):
        values = {getattr(source, name) for source in found}
        assert len(values - {None}) > 1
        assert "" not in values


def test_near_names_begin_alike_or_are_spelt_alike_or_hold_the_text() -> None:
    names = ["Jetson Orin Nano 8GB", "Jetson AGX Xavier 32GB module", "Raspberry Pi 4B"]
    assert nearest("jetson", names).startswith("Nearest: Jetson Orin Nano 8GB, Jetson AGX Xavier 32GB module. ")
    assert nearest("rasberry pi 4", names).startswith("Nearest: Raspberry Pi 4B. ")
    assert nearest("xavier", names).startswith("Nearest: Jetson AGX Xavier 32GB module. ")
    assert nearest("zzz", names) == "Search with: setsuden catalogue search TEXT."


def test_a_row_that_was_read_is_read_again_after_its_table_was_forgotten(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = Table("uncertainty", uncertainty.Default)
    before = table.get("w_dram")
    cells = {item.name: str(getattr(before, item.name)) for item in fields(before) if item.name != "source"}
    cells |= {"centre": "0.5", "low": "0.4", "high": "0.6", "basis": "mine"}
    (tmp_path / "uncertainty.csv").write_text(",".join(cells) + "\n" + ",".join(cells.values()) + "\n")
    monkeypatch.setenv("SETSUDEN_CATALOGUE", str(tmp_path))
    assert table.get("w_dram") == before
    table.forget()
    assert (table.get("w_dram").centre, table.get("w_dram").basis) == (0.5, "mine")
