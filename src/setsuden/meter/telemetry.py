"""What is drawn, as OpenTelemetry metrics with the names of its semantic conventions for hardware.

Only the API is used. Where the figures go (a collector, a file, the console) is for the program's own provider.

    hw.energy, hw.power               J, W of every channel that counts, but not of the whole host
    hw.host.energy, hw.host.power     the same for channels that see the whole host, which must not be summed with parts
    setsuden.energy.low, .high        ends of the 5-95 % interval of the joules
    setsuden.carbon                   gCO2e of the node's joules, where a grid is given
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from setsuden.errors import InputError

if TYPE_CHECKING:
    from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation

    from setsuden.ledger.channel import ChannelRecord
    from setsuden.meter.live import Tick
    from setsuden.quantity import Estimate

    Callback = Callable[[CallbackOptions], Iterable[Observation]]

_TYPES = {"dram": "memory"}
"""Components that the conventions call otherwise."""
_WHOLE_HOST = ("board", "battery")
"""Components that may see everything; one does when nothing had to be counted beside it."""


class Telemetry:
    """Shows the newest tick to whatever reads the provider's metrics.

    provider   None: the program's global one; raises InputError where there is none, or no opentelemetry-api

    Make one per program and give it to every meter: the joules of one meter after another add up, as a counter must.
    One meter at a time may use it.
    """

    def __init__(self, provider: MeterProvider | None = None) -> None:
        try:
            from opentelemetry import metrics
        except ImportError:
            raise InputError(
                "OpenTelemetry is not installed",
                place="telemetry",
                remedy='Install it with: pip install "setsuden[telemetry]"',
            ) from None
        chosen = provider or metrics.get_meter_provider()
        if type(chosen).__name__ in ("_ProxyMeterProvider", "NoOpMeterProvider"):
            raise InputError(
                "no OpenTelemetry meter provider is set up, so nothing would be exported", place="telemetry",
                remedy="Set one up, or run under opentelemetry-instrument with an exporter.",
            )  # fmt: skip
        self._observation = metrics.Observation
        self._tick: Tick | None = None
        self._carbon_g: float | None = None
        self._done: dict[str, tuple[ChannelRecord, Estimate]] = {}
        self._done_g = 0.0
        self._busy = False
        meter = chosen.get_meter("setsuden")
        for host, name in ((False, "hw"), (True, "hw.host")):
            meter.create_observable_counter(f"{name}.energy", [self._joules(host, "value")], "J", "Energy drawn")
            meter.create_observable_gauge(f"{name}.power", [self._watts(host)], "W", "Mean power since the last look")
        for end in ("low", "high"):
            callbacks = [self._joules(host, end) for host in (False, True)]
            meter.create_observable_gauge(f"setsuden.energy.{end}", callbacks, "J", f"{end} end of hw.energy, 5-95 %")
        meter.create_observable_counter("setsuden.carbon", [self._carbon], "g", "gCO2e of the node's joules")

    def begin(self) -> None:
        """A meter starts to count at zero; raises InputError while another one does."""
        if self._busy:
            raise InputError(
                "this telemetry already shows a meter that is running", place="telemetry",
                remedy="Give it to one meter at a time: joules seen by two would count twice.",
            )  # fmt: skip
        self._busy = True

    def show(self, tick: Tick, carbon: Estimate | None = None) -> None:
        """The newest figures of that meter; ``carbon`` since its start, gCO2e."""
        self._tick = tick
        self._carbon_g = None if carbon is None else self._done_g + carbon.to("gCO2e").value

    def end(self) -> None:
        """That meter has stopped: keep its joules, show no power."""
        self._done = self._energies()
        self._done_g = self._carbon_g or self._done_g
        self._tick, self._busy = None, False

    def _energies(self) -> dict[str, tuple[ChannelRecord, Estimate]]:
        """Joules of the channels that count, over all meters so far."""
        found, tick = dict(self._done), self._tick
        if tick is not None:
            for (channel, _), energy in zip(tick.channels, tick.energies, strict=True):
                if channel.counted:
                    before = found.get(channel.id)
                    found[channel.id] = (channel, energy if before is None else before[1] + energy)
        return found

    def _joules(self, host: bool, end: str) -> Callback:
        def observe(options: CallbackOptions) -> Iterable[Observation]:
            return [
                self._observation(getattr(energy, end), attributes(channel, energy))
                for channel, energy in self._energies().values()
                if self._is_host(channel) is host
            ]

        return observe

    def _watts(self, host: bool) -> Callback:
        def observe(options: CallbackOptions) -> Iterable[Observation]:
            tick = self._tick
            return [
                self._observation(power.value, attributes(channel, power))
                for channel, power in (() if tick is None else tick.channels)
                if channel.counted and self._is_host(channel) is host
            ]

        return observe

    def _is_host(self, channel: ChannelRecord) -> bool:
        return channel.component in _WHOLE_HOST and len(self._energies()) == 1

    def _carbon(self, options: CallbackOptions) -> Iterable[Observation]:
        return [] if self._carbon_g is None else [self._observation(self._carbon_g)]


def attributes(channel: ChannelRecord, figure: Estimate) -> dict[str, str]:
    """What the conventions ask for, and where the figure comes from."""
    return {
        "hw.id": channel.id,
        "hw.type": _TYPES.get(channel.component, channel.component),
        "hw.name": channel.label,
        "setsuden.provenance": figure.provenance.value,
    }
