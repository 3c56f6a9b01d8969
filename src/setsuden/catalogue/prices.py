"""What a kilowatt-hour costs, where an open table says so."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from setsuden.catalogue.source import Source
from setsuden.catalogue.table import Table
from setsuden.quantity import Estimate, Factor, Provenance

# Non-household before household: training clusters pay neither retail taxes nor retail margins.
_SECTORS = ("non_household", "industrial", "household")


@dataclass(frozen=True, slots=True)
class Price:
    """Average price of one period; ``period`` is 2024-S2 (half-year) or 2024 (year)."""

    id: str
    region: str
    kind: str
    name: str
    sector: str
    consumption_band: str
    period: str
    price_per_kwh: float
    currency: str
    tax: str
    source: Source


TABLE = Table("prices", Price)


@lru_cache(maxsize=1)
def _periods() -> dict[tuple[str, str], list[str]]:
    out: dict[tuple[str, str], list[str]] = {}
    for row_id in TABLE.ids():
        region, sector, period = row_id.rsplit(":", 2)
        out.setdefault((region, sector), []).append(period)
    return out


def price(region: str, sector: str | None = None) -> Estimate | None:
    """Latest average price per kWh; None where no open table exists (Japan, China, India and others).

    region   EU country code, EA, EU27, or a US state (US-CA)
    sector   household, non_household or industrial; None takes the one a data centre is closest to

    The interval spans that region's prices of the last two years in the table.
    """
    for name in (sector,) if sector else _SECTORS:
        periods = sorted(_periods().get((region.upper(), name), ()))
        if periods:
            rows = [TABLE.get(f"{region.upper()}:{name}:{period}") for period in periods]
            return _estimate(rows)
    return None


def _estimate(rows: list[Price]) -> Estimate:
    last = rows[-1]
    recent = [row.price_per_kwh for row in rows if int(row.period[:4]) >= int(last.period[:4]) - 1]
    value, low, high = last.price_per_kwh, min(recent), max(recent)
    unit = f"{last.currency}/kWh"
    factor = Factor(
        f"electricity price, {last.name}, {last.sector.replace('_', '-')}, {last.period}",
        value,
        low,
        high,
        unit,
        str(last.source),
        int(last.period[:4]),
        last.source.licence,
        last.tax,
    )
    return Estimate(value, low, high, unit, Provenance.ASSUMED, None, (factor,))
