"""Bring a folder of raw CSV facts into the package's own schema.

    python tools/build_catalogue.py RAW_FOLDER

Writes ``src/setsuden/catalogue/tables/`` (the tables as CSV, the names of processors as text), the optional share-alike
pack under ``packs/odbl`` and ``docs/sources.md``. Facts that were read by hand and come in no raw file lie beside this
script in ``facts/``. Long source and licence strings are stored once in ``sources.csv`` and referred to by
``source_id``; what varies inside a source text (a product page, a list of rates) goes to the row's ``source_ref`` and
stands as ``{ref}`` in the text. Nothing is filled in: a blank cell stays blank. Running it twice gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import sys
from collections import defaultdict
from pathlib import Path
from statistics import quantiles

from catalogue_plans import GAPS, OWN_PLANS, PACK_PLANS, PLANS, Plan, table_names
from catalogue_sources import Row, Sources, page

from setsuden.catalogue.processor_names import COLUMNS, KINDS, file_name, written

ROOT = Path(__file__).resolve().parent.parent
FACTS = Path(__file__).resolve().parent / "facts"
TABLES = Path("src/setsuden/catalogue/tables")
PACK = Path("packs/odbl/src/setsuden_catalogue_odbl/tables")
PAGE = Path("docs/sources.md")

# Every default below is ours or rests on the table's own `basis`; it carries no separate publication.
_DEFAULTS_SOURCE = "setsuden defaults for uncertainty, each with its basis"


def read(path: Path) -> list[Row]:
    """One raw file; where a text names another raw file it names the table instead."""
    text = path.read_text(encoding="utf-8")
    for raw, table in table_names().items():
        text = text.replace(raw, f"table {table}")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def write(path: Path, rows: list[Row]) -> None:
    """One table; its columns are those of the first row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def convert(plan: Plan, raw: list[Row], sources: Sources) -> list[Row]:
    """Rows of one table; raises ValueError when two rows claim one id."""
    out: list[Row] = []
    seen: dict[str, int] = defaultdict(int)
    for row in raw:
        row = dict(row)
        notes = row.pop("notes", None)
        if notes is not None:
            row["note"] = notes
        source_column = "ci_source" if "ci_source" in row else "source"
        text, licence = row.pop(source_column), row.pop("ci_licence" if "ci_licence" in row else "licence", "")
        if plan.table == "embodied_products":
            text = f"Boavizta environmental-footprint-data 2023-02, product sheet {text}"
            licence = "ODbL-1.0 / DbCL-1.0"
        source_id, source_ref = sources.refer(text, licence, row.pop("source_url", ""))
        if "pue_source" in row:
            row["pue_source_id"] = sources.refer(row.pop("pue_source"), row.pop("pue_licence"))[0]
        name = plan.id_of(row | {"id": row.get("id", "")})
        seen[name] += 1
        if seen[name] > 1 and plan.table == "embodied_products":
            name = f"{name}-{seen[name]}"  # several sheets of one product and year
        elif seen[name] > 1 and plan.table in ("pue", "wue"):
            name = f"{name}:{seen[name]}"  # the disclosure contradicts itself: both values stay, look-ups span them
            row["note"] = "the source states two values for this region and year"
        elif seen[name] > 1:
            raise ValueError(f"{plan.raw}: two rows are called {name!r}")
        fresh: Row = {"id": name}
        for column, value in row.items():
            if column != "id" and column not in plan.dropped:
                fresh[plan.renamed.get(column, column)] = value.strip()
        out.append(fresh | {"source_id": source_id, "source_ref": source_ref})
    return out


def hourly(raw: list[Row], sources: Sources) -> tuple[list[Row], list[Row]]:
    """Zones apart from their hours, since everything about a zone would repeat 312 times."""
    zones: dict[str, Row] = {}
    hours: list[Row] = []
    for row in raw:
        source_id, ref = sources.refer(row["source"], row["licence"])
        zones[row["zone_id"]] = {
            "id": row["zone_id"],
            **{column: row[column] for column in ("iso2", "name", "timezone", "year", "basis", "synthetic", "note")},
            "source_id": source_id,
            "source_ref": ref,
        }
        hours.append(
            {
                "id": f"{row['zone_id']}:{row['month']}:{row['hour_local']}",
                "zone": row["zone_id"],
                "month": row["month"],
                "hour": row["hour_local"],
                "intensity_g_per_kwh": row["mean_gco2e_per_kwh"],
                "sd_g_per_kwh": row["sd"],
                "days": row["n"],
                "source_id": source_id,
                "source_ref": ref,
            }
        )
    return list(zones.values()), hours


def uncertainty(raw: list[Row], grid: list[Row], history: list[Row], sources: Sources) -> list[Row]:
    """The given defaults plus three about grid intensity, two of them computed from the grid tables themselves."""
    source_id, _ = sources.refer(_DEFAULTS_SOURCE, "Apache-2.0")
    rows = [
        {"id": row["symbol"], "name": row["factor"]}
        | {column: row[column] for column in ("unit", "centre", "low", "high", "distribution", "basis")}
        for row in raw
    ]
    countries = [float(row["intensity_g_per_kwh"]) for row in grid if row["kind"] == "country"]
    spread = quantiles(countries, n=20, method="inclusive")
    world = next(row for row in grid if row["id"] == "AGG-WORLD")
    rows.append(
        {
            "id": "ci_world",
            "name": "grid carbon intensity, place unknown",
            "unit": "g/kWh",
            "centre": world["intensity_g_per_kwh"],
            "low": f"{spread[0]:.4g}",
            "high": f"{spread[-1]:.4g}",
            "distribution": "lognormal",
            "basis": f"world average {world['year']}; 5-95 % of the {len(countries)} countries here, each once",
        }
    )
    series: dict[str, dict[int, float]] = defaultdict(dict)
    known = {row["id"] for row in grid if row["kind"] == "country"}
    for row in history:
        if row["region"] in known and int(row["year"]) >= 2015:
            series[row["region"]][int(row["year"])] = float(row["intensity_g_per_kwh"])
    steps = [
        abs(years[year + 1] / value - 1)
        for years in series.values()
        for year, value in years.items()
        if year + 1 in years and value > 20
    ]
    rows.append(
        {
            "id": "ci_year_step",
            "name": "drift of a country's grid intensity from one year to the next",
            "unit": "relative half-width",
            "centre": f"{quantiles(steps, n=10)[8]:.3f}",
            "low": f"{quantiles(steps, n=10)[4]:.3f}",
            "high": f"{quantiles(steps, n=20)[18]:.3f}",
            "distribution": "normal",
            "basis": f"90th percentile (low: median, high: 95th) of {len(steps)} country-years since 2015",
        }
    )
    rows.append(
        {
            "id": "ci_annual",
            "name": "annual grid intensity of a stated place and year",
            "unit": "relative half-width",
            "centre": "0.1",
            "low": "0.05",
            "high": "0.2",
            "distribution": "normal",
            "basis": "between two editions of one series 39 of 208 country-years moved by over 5 %, "
            "the median by 0.46 %; +-10 % is own judgement",
        }
    )
    for row in rows:
        row |= {"source_id": source_id, "source_ref": ""}
    return rows


def gaps(sources: Sources) -> list[Row]:
    """What is known to be unknown."""
    source_id, _ = sources.refer("setsuden: searches that found nothing", "Apache-2.0")
    return [
        {"id": name, "what": what, "instead": instead, "source_id": source_id, "source_ref": ""}
        for name, what, instead in GAPS
    ]


def names_of_processors(rows: list[Row]) -> dict[str, str]:
    """What the package searches in place of the table: file name -> text."""
    columns = {row["id"]: tuple(row[column] for column in COLUMNS) for row in rows}
    return {file_name(kind): written(kind, columns) for kind in KINDS}


def main(raw_folder: Path, root: Path = ROOT) -> None:
    """Convert everything into the tree under ``root``."""
    sources, tables = Sources(), {}
    for plan in PLANS:
        tables[plan.table] = convert(plan, read(raw_folder / plan.raw), sources)
    tables["hourly_zones"], tables["hourly"] = hourly(read(raw_folder / "grid_hourly_profile.csv"), sources)
    raw = read(raw_folder / "uncertainty_defaults.csv")
    tables["uncertainty"] = uncertainty(raw, tables["grid"], tables["grid_history"], sources)
    tables["gaps"] = gaps(sources)
    for plan in OWN_PLANS:
        tables[plan.table] = convert(plan, read(FACTS / plan.raw), sources)
    for name, rows in tables.items():
        write(root / TABLES / f"{name}.csv", rows)
    write(root / TABLES / "sources.csv", list(sources.rows()))
    for name, text in names_of_processors(tables["processors"]).items():
        (root / TABLES / name).write_text(text, encoding="utf-8")

    (root / PAGE).parent.mkdir(parents=True, exist_ok=True)
    (root / PAGE).write_text(page(tables, sources), encoding="utf-8")

    pack_sources = Sources()
    for plan in PACK_PLANS:
        write(root / PACK / f"{plan.table}.csv", convert(plan, read(raw_folder / plan.raw), pack_sources))
    write(root / PACK / "sources.csv", list(pack_sources.rows()))


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python tools/build_catalogue.py RAW_FOLDER")
    main(Path(sys.argv[1]))
