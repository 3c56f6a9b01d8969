"""Carbon intensity of electricity by country, state, province, area and cloud region, this year and back to 2000."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from setsuden.catalogue.packs import pack_table
from setsuden.catalogue.sites import CLOUD_REGIONS
from setsuden.catalogue.source import Source
from setsuden.catalogue.table import Table, nearest
from setsuden.catalogue.uncertainty import default
from setsuden.errors import InputError
from setsuden.quantity import Estimate, Factor, Provenance

UNIT = "gCO2e/kWh"
WORLD = "WORLD"
FLOW_TRACED = "lifecycle_consumption_flow_traced"
_ONE_SLIP = 0.75  # likeness of a word of four letters to the same word with one of them wrong


@dataclass(frozen=True, slots=True)
class GridRow:
    """The latest annual average of one region."""

    id: str
    kind: str
    iso2: str | None
    iso3: str | None
    name: str
    parent_iso2: str | None
    year: int
    intensity_g_per_kwh: float
    basis: str
    note: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One earlier year of one country or aggregate."""

    id: str
    region: str
    year: int
    intensity_g_per_kwh: float
    basis: str
    source: Source


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """One year of one zone in the optional share-alike pack."""

    id: str
    zone: str
    iso2: str
    zone_level: str
    name: str
    country_name: str | None
    year: int
    intensity_g_per_kwh: float
    renewable_percent: float | None
    carbon_free_percent: float | None
    basis: str
    source: Source


LATEST = Table("grid", GridRow)
HISTORY = Table("grid_history", HistoryRow)


@dataclass(frozen=True, slots=True)
class GridIntensity:
    """Carbon intensity of one place and year, location-based.

    site     the code that was looked up; ``name`` what it stands for
    value    gCO2e per kWh, annual average
    year     the year the figure describes; ``asked_year`` the one asked for, None for the latest
    basis    the convention: figures of different bases are not comparable
    low, high   5-95 %; ``spread`` says what they rest on
    """

    site: str
    name: str
    value: float
    low: float
    high: float
    year: int
    asked_year: int | None
    basis: str
    source: Source
    spread: str
    note: str | None = None

    def factor(self) -> Factor:
        """For a result's list of factors."""
        return Factor(
            f"grid carbon intensity, {self.name}",
            self.value,
            self.low,
            self.high,
            UNIT,
            str(self.source),
            self.year,
            self.source.licence,
            self.basis,
        )

    def estimate(self) -> Estimate:
        """As an assumed figure in gCO2e/kWh that carries its factor."""
        return Estimate(self.value, self.low, self.high, UNIT, Provenance.ASSUMED, None, (self.factor(),))


def intensity(site: str, year: int | None = None, *, basis: str | None = None) -> GridIntensity:
    """Annual carbon intensity of ``site``, location-based.

    site    ISO country code (JP or JPN), US-CA, EGRID-CAMX, CA-QC, AU-NSW, an aggregate (AGG-WORLD), WORLD for the
            world average used when the place is unknown, a cloud region (aws:eu-north-1), or, with the optional pack,
            a zone (JP-TK); a name (Japan) that is only one region's
    year    2000 onwards for countries; None for the latest year known
    basis   None for the default table's own; ``lifecycle_consumption_flow_traced`` asks the optional pack

    The interval is +-10 % for the year of the figure (default ``ci_annual``) and grows by the usual yearly drift
    (``ci_year_step``) for each year between the figure and the year asked for. WORLD spans the world's countries
    (``ci_world``). Raises InputError for an unknown code, with the nearest ones, and for a year without a figure.
    """
    if not site.strip():
        raise InputError("a site code is needed", value=site, remedy="For example JP, US-CA or aws:eu-north-1.")
    code = site.strip().upper()
    if basis == FLOW_TRACED:
        return _zone(site, code, year, wanted=True)
    if code == WORLD:
        return _world(year)
    row_id = _codes().get(code) or _named(code)
    if row_id is None and (cloud := _cloud_id(site)) is not None:
        return _cloud(cloud, year)
    if row_id is None and ":" in site:
        raise InputError("unknown cloud region", value=site, remedy=nearest(site, CLOUD_REGIONS.ids()))
    if row_id is None:
        return _zone(site, code, year, wanted=False)
    row = LATEST.get(row_id)
    if basis is not None and basis != row.basis:
        raise InputError(
            f"{row.name} is known on the basis {row.basis}, not {basis}", value=basis, remedy="Bases do not convert."
        )
    return _from_row(row, year)


def codes() -> tuple[str, ...]:
    """Every site code of the default table, cloud regions not included."""
    return (WORLD, *LATEST.ids())


def comparable(*intensities: GridIntensity) -> bool:
    """Whether all figures follow one convention."""
    return len({item.basis for item in intensities}) <= 1


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    # States and subregions carry the code of their country, too: only the country itself answers to it.
    iso3 = {code: row_id for row_id, (kind, code) in LATEST.columns("kind", "iso3").items() if kind == "country"}
    egrid = {row_id.replace("-", ":", 1): row_id for row_id in LATEST.ids() if row_id.startswith("EGRID-")}
    union = "AGG-EUROPEAN-UNION-27"
    others = {"UK": "GB", "EU": union, "EU27": union, "EU-27": union}
    return iso3 | egrid | {row_id: row_id for row_id in LATEST.ids()} | others


def _named(text: str) -> str | None:
    """The region whose name is ``text``, whatever the case; None where none or several are."""
    hits = [row_id for row_id, name in LATEST.column("name").items() if name.casefold() == text.casefold()]
    return hits[0] if len(hits) == 1 else None


def _cloud_id(text: str) -> str | None:
    """``aws:eu-west-1``, also with a space or a slash, and ``eu-west-1`` alone where one provider has it."""
    name = text.strip().lower()
    ids = CLOUD_REGIONS.ids()
    for separator in (" ", "/"):
        name = name.replace(separator, ":", 1) if ":" not in name else name
    if name in ids:
        return name
    hits = [row_id for row_id in ids if row_id.partition(":")[2] == name]
    return hits[0] if len(hits) == 1 else None


def _from_row(row: GridRow, year: int | None) -> GridIntensity:
    value, source, basis, of_year, note = row.intensity_g_per_kwh, row.source, row.basis, row.year, row.note
    if year is not None and year != row.year:
        past = HISTORY.find(f"{row.id}:{year}")
        if past is not None:
            value, source, basis, of_year, note = past.intensity_g_per_kwh, past.source, past.basis, year, None
        elif year < row.year:
            raise _no_year(row.id, row.name, year, row.year)
    return _spread(row.id, row.name, value, of_year, year, basis, source, note)


def _no_year(code: str, name: str, year: int, latest: int) -> InputError:
    known = [int(item.split(":")[1]) for item in HISTORY.ids() if item.startswith(f"{code}:")]
    span = f"{min(known)}-{max(known)}" if known else f"{latest} only"
    return InputError(f"no grid intensity of {name} is known for that year", value=year, remedy=f"Known: {span}.")


def _spread(
    code: str,
    name: str,
    value: float,
    of_year: int,
    asked: int | None,
    basis: str,
    source: Source,
    note: str | None,
) -> GridIntensity:
    annual, step = default("ci_annual"), default("ci_year_step")
    apart = max(0, (asked or of_year) - of_year)
    half = min(math.hypot(annual.centre, step.centre * math.sqrt(apart)), 0.95)
    spread = f"+-{half:.0%}: {annual.basis}"
    if apart:
        spread += f"; {asked} asked, figure of {of_year}: drift per year, {step.basis}"
        note = f"no figure for {asked}; the latest, {of_year}, stands in" + (f"; {note}" if note else "")
    # Log-symmetric, so that the low end stays positive and the value is the median.
    low, high = value / (1 + half), value * (1 + half)
    return GridIntensity(code, name, value, low, high, of_year, asked, basis, source, spread, note)


def _world(year: int | None) -> GridIntensity:
    whole, span = _from_row(LATEST.get("AGG-WORLD"), year), default("ci_world")
    low, high = min(span.low, whole.value), max(span.high, whole.value)
    note = "place unknown: world average, the interval spans the world's countries"
    return GridIntensity(
        WORLD, "world average", whole.value, low, high, whole.year, year, whole.basis, whole.source, span.basis, note
    )


def _cloud(site: str, year: int | None) -> GridIntensity:
    row = CLOUD_REGIONS.get(site)
    if year is not None and year < row.year:
        raise InputError(
            f"the grid intensity of {row.id} is known for {row.year} only",
            value=year,
            remedy=f"Use the country {row.iso2}.",
        )
    return _spread(
        row.id, f"{row.id} ({row.location})", row.intensity_g_per_kwh, row.year, year, row.basis, row.source, None
    )


def _suggest(site: str) -> str:
    """Codes whose name or place contains what was written or is spelt almost so, else the nearest codes."""
    from difflib import get_close_matches

    names = LATEST.column("name") | CLOUD_REGIONS.column("location")
    text = site.strip().casefold()
    spelt = get_close_matches(text, [name.casefold() for name in names.values()], cutoff=_ONE_SLIP)
    hits = [row_id for row_id, name in names.items() if len(text) > 2 and text in name.casefold()]
    hits = hits or [row_id for row_id, name in names.items() if name.casefold() in spelt]
    if hits:
        return "Did you mean " + ", ".join(f"{row_id} ({names[row_id]})" for row_id in hits[:5]) + "?"
    return nearest(site, [*_codes(), WORLD, *CLOUD_REGIONS.ids()])


def _zone(site: str, code: str, year: int | None, *, wanted: bool) -> GridIntensity:
    table = pack_table("grid_zones", ZoneRow)
    years = sorted(int(item.split(":")[1]) for item in (table.ids() if table else ()) if item.startswith(f"{code}:"))
    if table is None or not years:
        if wanted and table is None:
            raise InputError(
                f"the basis {FLOW_TRACED} needs the optional share-alike pack",
                value=site,
                remedy="Install it with: pip install setsuden-catalogue-odbl",
            )
        pack = (
            ""
            if table or "-" not in code
            else " Sub-national zones such as JP-TK are in the pack setsuden-catalogue-odbl."
        )
        raise InputError("unknown site code", value=site, remedy=_suggest(site) + pack)
    of_year = max((item for item in years if year is None or item <= year), default=None)
    if of_year is None:
        raise InputError(f"no figure of {code} for that year", value=year, remedy=f"Known: {years[0]}-{years[-1]}.")
    row = table.get(f"{code}:{of_year}")
    return _spread(code, row.name, row.intensity_g_per_kwh, row.year, year, row.basis, row.source, None)
