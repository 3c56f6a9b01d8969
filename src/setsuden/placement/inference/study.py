"""A placement question with everything looked up: figures, not names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from setsuden.placement.inference.machine import Machine
from setsuden.placement.inference.split import Layer
from setsuden.placement.network import Link, Published, Radio, Speed
from setsuden.quantity import Estimate


@dataclass(frozen=True, slots=True)
class Local:
    """A machine on site.

    idle_share   share of its waiting that is charged to these requests: 1 where it is there for nothing else
    shared_by    how many sources like ours it serves; the waiting is divided among them
    making       gCO2e per second of owning it (embodied over lifetime); None where not stated
    """

    machine: Machine
    idle_share: float
    shared_by: float = 1.0
    making: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Remote:
    """A server in a data centre.

    utilisation   share of its time that it works for anybody, 0-1: its waiting is shared among all requests
    rtt_s         there and back through the network, seconds; wait_s: how long a request may wait for its batch
    """

    machine: Machine
    utilisation: Estimate
    pue: Estimate
    rtt_s: Estimate
    wait_s: float = 0.0
    batch: float = 1.0
    making: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Study:
    """One question: who should do the work, per request.

    up_kb, down_kb   payload out of and into the device, kB/request
    rate_per_s       requests of this source
    objective        ``energy`` or ``carbon``
    new_connection   the network line exists only for this service; its standing power counts in the marginal view
    per_hop          J/bit and hop beyond the network's own figure; None where not stated
    speed            rates of the access line, for the time that data takes; None: only the radio's rate counts
    intensity        gCO2e/kWh at the device (and edge), in the network, in the cloud
    """

    name: str
    up_kb: Estimate
    down_kb: Estimate
    rate_per_s: Estimate
    objective: Literal["energy", "carbon"]
    latency_limit_s: float | None
    device: Local
    edge: Local | None
    cloud: Remote
    link: Link
    radio: Radio
    published: Published | None
    new_connection: bool
    hops: float
    per_hop: Estimate | None
    device_intensity: Estimate
    network_intensity: Estimate
    cloud_intensity: Estimate
    layers: tuple[Layer, ...] = field(default=())
    speed: Speed | None = None

    @property
    def latency_is_lower_bound(self) -> bool:
        """Whether the way into the network is timed without knowing how fast the line carries it."""
        return self.speed is None or bool(self.speed.missing)
