"""What a figure includes: the system boundary it is drawn around."""

from __future__ import annotations

from enum import StrEnum

from setsuden.errors import BoundaryError
from setsuden.tuples import NamedTuple


class Scope(StrEnum):
    """How far out from the chip the figure reaches; each scope contains the ones before it."""

    DEVICE = "device"
    NODE = "node"
    FACILITY = "node+PUE"


class Boundary(NamedTuple):
    """A scope, and whether data networks and manufacturing are inside.

    Written as ``device``, ``node``, ``node+PUE``, each optionally followed by ``+network`` and ``+embodied``.
    """

    scope: Scope
    network: bool = False
    embodied: bool = False

    def __str__(self) -> str:
        return self.scope.value + "+network" * self.network + "+embodied" * self.embodied

    @classmethod
    def parse(cls, text: str) -> Boundary:
        """Read the written form; raises BoundaryError with the forms allowed."""
        rest, embodied = _strip(text, "+embodied")
        rest, network = _strip(rest, "+network")
        try:
            return cls(Scope(rest), network, embodied)
        except ValueError:
            raise BoundaryError(
                "unknown system boundary",
                value=text,
                remedy="Use device, node or node+PUE, then optionally +network and +embodied.",
            ) from None


def _strip(text: str, suffix: str) -> tuple[str, bool]:
    return (text[: -len(suffix)], True) if text.endswith(suffix) else (text, False)


DEVICE = Boundary(Scope.DEVICE)
NODE = Boundary(Scope.NODE)
FACILITY = Boundary(Scope.FACILITY)
