"""Watts of a CPU at a given utilisation, as a model with its error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from setsuden.catalogue.processors import Match
from setsuden.catalogue.source import Source
from setsuden.catalogue.table import Table
from setsuden.catalogue.uncertainty import default
from setsuden.errors import InputError
from setsuden.quantity import DEVICE, Estimate, Factor, Provenance

_Z95 = 1.6448536269514722


@dataclass(frozen=True, slots=True)
class CurveRow:
    """A published curve: power at 0, 10 ... 100 % load, in the unit that ``kind`` states."""

    id: str
    kind: str
    systems: int | None
    u0: float
    u10: float
    u20: float | None
    u30: float | None
    u40: float | None
    u50: float
    u60: float | None
    u70: float | None
    u80: float | None
    u90: float | None
    u100: float
    sd_u50: float | None
    params: str | None
    note: str | None
    source: Source

    def points(self) -> tuple[tuple[float, float], ...]:
        """(utilisation 0-1, power) where the source gives one."""
        return _points(self)

    def at(self, utilisation: float) -> float:
        """Linear between the published points; ``utilisation`` 0-1."""
        if not 0 <= utilisation <= 1:
            raise InputError("utilisation must lie between 0 and 1", value=utilisation)
        points = self.points()
        for (x0, y0), (x1, y1) in pairwise(points):
            if utilisation <= x1:
                return y0 + (y1 - y0) * (utilisation - x0) / (x1 - x0)
        return points[-1][1]


@lru_cache(maxsize=32)
def _points(row: CurveRow) -> tuple[tuple[float, float], ...]:
    """Once per curve: a meter asks at every reading."""
    cells = ((step, getattr(row, f"u{step}")) for step in range(0, 101, 10))
    return tuple((step / 100, value) for step, value in cells if value is not None)


TABLE = Table("cpu_power_curves", CurveRow)


@dataclass(frozen=True, slots=True)
class PowerCurve:
    """Package power of one CPU over utilisation.

    match         the processor, and how it was recognised
    row           the published shape, as a fraction of design power
    tdp_w         design power with its interval
    error_sigma   1-sigma error of the model, relative and log-normal; ``error_basis`` says where it is published
    """

    match: Match
    row: CurveRow
    tdp_w: Estimate
    error_sigma: float
    error_basis: str

    def watts(self, utilisation: float) -> Estimate:
        """Package watts at ``utilisation`` 0-1; the interval joins the spread of design power and the model error."""
        share = self.row.at(utilisation)
        value, low, high = (share * watts for watts in (self.tdp_w.value, self.tdp_w.low, self.tdp_w.high))
        down = math.hypot(math.log(value / low), _Z95 * self.error_sigma)
        up = math.hypot(math.log(high / value), _Z95 * self.error_sigma)
        return Estimate(
            value,
            value * math.exp(-down),
            value * math.exp(up),
            "W",
            Provenance.ESTIMATED,
            DEVICE,
            (*self.tdp_w.factors, self.factor),
        )

    @property
    def factor(self) -> Factor:
        """The shape, for a result's list of factors: package power over design power at half load."""
        return _shape_factor(self.row, self.error_sigma, self.error_basis)


@lru_cache(maxsize=8)
def _shape_factor(row: CurveRow, sigma: float, basis: str) -> Factor:
    half, spread = row.at(0.5), math.exp(_Z95 * sigma)
    source = f"{row.source}; error: {basis}"
    name = "CPU package power over design power at 50 % utilisation"
    return Factor(name, half, half / spread, half * spread, "1", source, None, row.source.licence, row.id)


def cpu_curve(match: Match) -> PowerCurve:
    """The curve of a matched CPU: published package-to-design-power ratios times its design power.

    The error is the published spread of that model against whole servers (default ``e_cpu_tdp``). A processor whose
    design power is unknown has no curve: InputError.
    """
    if match.tdp_w is None:
        raise InputError(
            f"no design power is known for {match.row.name}",
            value=match.seen,
            remedy="Add it in an override file processors.csv, or measure.",
        )
    error = default("e_cpu_tdp")
    return PowerCurve(match, TABLE.get("teads-tdp-ratio"), match.tdp_w, error.centre, error.basis)
