"""What users hold of a window: a handle while it is open, an inert measurement in a forked child."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from setsuden.meter import codes

if TYPE_CHECKING:
    from setsuden.ledger.measurement import Measurement
    from setsuden.meter.edges import Edges


class Window:
    """What ``Meter.window`` hands out: annotate it while it is open, read ``measurement`` after it has closed."""

    def __init__(self, meter: Edges, window_id: int) -> None:
        self._meter = meter
        self.window_id = window_id
        self.measurement: Measurement | None = None

    def annotate(self, **attributes: Any) -> None:
        """Add attributes (JSON scalars) to this window."""
        self._meter.annotate_window(self.window_id, **attributes)


def inert(window_id: int) -> Measurement:
    """What a forked child gets: nothing was measured, and it says so."""
    from setsuden.ledger.measurement import Flag, Measurement, Utilisation

    flag = Flag(codes.FORKED, "This process was forked inside the meter; only the parent measures.")
    return Measurement(window_id, "forked", None, "", 0.0, 0.0, None, None, (), Utilisation(), (flag,))
