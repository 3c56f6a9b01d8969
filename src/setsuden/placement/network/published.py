"""What papers and tools charge for a bit, selectable by name; they differ 384 times for one and the same transfer."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.catalogue.network import MODELS, NetworkModel
from setsuden.errors import InputError
from setsuden.quantity import Estimate, Factor, Provenance


@dataclass(frozen=True, slots=True)
class Published:
    """One published coefficient as J/bit, up and down, as printed: without spread.

    charges_device   its figure includes the device's own power during the transfer; the radio is then not added
    """

    id: str
    title: str
    up: Estimate
    down: Estimate
    charges_device: bool

    def energy_j(self, up_bytes: float, down_bytes: float) -> float:
        """Joules to move so many bytes out of and into the device."""
        return 8 * (up_bytes * self.up.value + down_bytes * self.down.value)


def published_names() -> tuple[str, ...]:
    """All names, cheapest first for an equal amount both ways."""
    return tuple(row.id for row in sorted(MODELS, key=lambda row: row.up_j_per_bit + row.down_j_per_bit))


def published(name: str) -> Published:
    """The coefficient called ``name``; InputError listing all names."""
    row = MODELS.find(name)
    if row is None:
        raise InputError(
            "unknown published network model", value=name, remedy=f"Use one of: {', '.join(published_names())}."
        )
    return Published(
        row.id, row.name, _figure(row, row.up_j_per_bit), _figure(row, row.down_j_per_bit), row.charges_device
    )


def _figure(row: NetworkModel, value: float) -> Estimate:
    factor = Factor(
        f"network as charged by {row.name}",
        value,
        value,
        value,
        "J/bit",
        str(row.source),
        row.year,
        row.source.licence,
        row.form,
    )
    return Estimate(value, value, value, "J/bit", Provenance.ASSUMED, None, (factor,))
