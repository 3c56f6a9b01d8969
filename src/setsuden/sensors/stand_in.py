"""A part that is there but tells nothing from the start: taken as its siblings are, and never left out in silence."""

from __future__ import annotations

from setsuden.quantity import Provenance
from setsuden.sensors.protocol import Channel, Method, Sample
from setsuden.sensors.tally import Moment
from setsuden.tuples import NamedTuple


class StandIn(NamedTuple):
    """Mean of what its siblings draw; anything from nothing to ``limit_w`` is possible.

    siblings  places of their samples in a reading of the sensor; none: nothing is known but the limit
    cause     the flag that says why it cannot be read; on every sample
    opened    when its siblings were opened
    """

    channel: Channel
    siblings: tuple[int, ...]
    limit_w: float
    cause: str
    opened: Moment

    def sample(self, samples: list[Sample], now: Moment) -> Sample:
        """Its sample beside those of the same reading."""
        others = [samples[place] for place in self.siblings]
        energy_j = sum(other.energy_j for other in others) / len(others) if others else 0.0
        most_j = self.limit_w * max(0.0, now.t_s - self.opened.t_s)
        return Sample(now.t_s, energy_j, 0.0, max(energy_j, most_j), None, (self.cause,))


def stand_in_channel(channel: Channel, said: str) -> Channel:
    """The channel of a part as it presents itself when it cannot be read; ``said`` goes behind its label."""
    return channel._replace(
        label=f"{channel.label} ({said})",
        method=Method.MODEL,
        provenance=Provenance.ESTIMATED,
        error_source="taken as its siblings are: from nothing to the most that it can draw",
    )
