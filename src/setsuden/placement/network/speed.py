"""How fast an access line moves data, by country and technology; a direction that nobody published stays unknown."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.catalogue.network import SPEEDS, NetworkSpeed
from setsuden.catalogue.table import nearest
from setsuden.errors import InputError
from setsuden.placement.judgement import also, judged
from setsuden.quantity import Estimate, Factor, Provenance

TECHNOLOGIES = ("fixed", "mobile")
_OF_LINK = {"fixed": "fixed", "mobile": "mobile", "4g": "mobile", "5g": "mobile"}
_SPREAD = 2.0  # a line may be half or twice as fast as the mean of its country


@dataclass(frozen=True, slots=True)
class Speed:
    """Rates of an access line, Mbit/s; None where not known, never a guess.

    name   such as ``JP:fixed``; ``declared`` where the user states the rates
    """

    name: str
    down: Estimate | None
    up: Estimate | None

    @property
    def missing(self) -> tuple[str, ...]:
        """Keys to declare: ``down_mbps``, ``up_mbps`` or both."""
        return tuple(key for key, rate in (("down_mbps", self.down), ("up_mbps", self.up)) if rate is None)


def technology_of(link: str) -> str | None:
    """fixed or mobile for a network called so; None for one that is no access line."""
    return _OF_LINK.get(link)


def speed(country: str, technology: str) -> Speed:
    """Mean rates of ``country`` (two letters, or ``world``) by ``technology`` (fixed, mobile).

    From half to twice the mean by our own judgement. A direction that the source leaves blank is None. Raises
    InputError where nothing is known.
    """
    if technology not in TECHNOLOGIES:
        raise InputError("unknown technology of a line", value=technology, remedy="Use fixed or mobile.")
    code = "world" if country.lower() == "world" else country.upper()
    row = SPEEDS.find(f"{code}:{technology}")
    if row is None:
        known = [row_id.split(":")[0] for row_id in SPEEDS.ids() if row_id.endswith(f":{technology}")]
        listed = f"Known: {', '.join(known)}." if len(known) < 6 else nearest(code, known)
        raise InputError(
            f"no speed of {technology} lines is known for this country",
            value=country,
            remedy=f"Give down_mbps and up_mbps as you measured them, or country: world. {listed}",
        )
    return Speed(row.id, _rate(row, "down", row.down_mbps), _rate(row, "up", row.up_mbps))


def _rate(row: NetworkSpeed, way: str, mbps: float | None) -> Estimate | None:
    if mbps is None:
        return None
    low, high = mbps / _SPREAD, mbps * _SPREAD
    source = f"{row.source}, {row.statistic} of {row.date}"
    factor = Factor(
        f"{way}load speed, {row.country}, {row.technology}", mbps, low, high, "Mbit/s", source,
        int(row.date[:4]), row.source.licence,
    )  # fmt: skip
    figure = Estimate(mbps, low, high, "Mbit/s", Provenance.ASSUMED, None, (factor,))
    return also(figure, judged("a line against the mean of its country, times or divided by", _SPREAD))
