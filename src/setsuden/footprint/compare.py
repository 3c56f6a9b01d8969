"""Two footprints beside each other, where that means something."""

from __future__ import annotations

from setsuden.errors import BoundaryError, InputError
from setsuden.footprint.model import Footprint
from setsuden.quantity import Estimate


def ratio(first: Footprint, second: Footprint, *, across_bases: bool = False) -> Estimate:
    """Total carbon of ``first`` over that of ``second``, dimensionless.

    Raises BoundaryError when they include different things, and InputError when their carbon intensities follow
    different conventions: those differ by 10-40 % for one and the same place, so the ratio would not be a finding.
    ``across_bases`` compares anyway; then say so wherever the ratio is shown.
    """
    if first.boundary != second.boundary:
        raise BoundaryError(
            f"footprints drawn around {first.boundary} and {second.boundary} do not compare",
            remedy="Compute both within one boundary.",
        )
    if first.basis != second.basis and not across_bases:
        raise InputError(
            "carbon intensities of two conventions do not compare",
            value=(first.basis, second.basis),
            remedy="Choose sites of one basis, or pass across_bases=True and say so.",
        )
    return first.total_carbon / second.total_carbon
