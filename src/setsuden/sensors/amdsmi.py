"""AMD Instinct and Radeon cards through AMD SMI: the card's energy counter where it answers, else its power.

Source: the ``amdsmi`` Python package (amdsmi_interface.py, 7.0): ``amdsmi_get_energy_count`` gives counts and uJ per
count, ``amdsmi_get_power_info`` W or "N/A". The second die of an MI250 tells neither, because the first one counts for
both; it is left out. Counters of MI100 and MI210 are known to stick (ROCm/amdsmi issue 38): noticed and flagged.
"""

from __future__ import annotations

from typing import Any

from setsuden.quantity import DEVICE, Provenance
from setsuden.sensors import flags
from setsuden.sensors.counter import CounterTally
from setsuden.sensors.host import Host
from setsuden.sensors.integral import PowerTally
from setsuden.sensors.plausible import CounterTraits
from setsuden.sensors.protocol import Channel, Component, Finding, Method, Sample, Status, finding
from setsuden.sensors.tally import Moment, Moments

_ERROR = (0.10, "convention: no accuracy is published")
_UPDATE_S = 0.1
_POWER_UPDATE_S = 1.0
_BURST = 1.5
_LIMIT_W = 1500.0
_POWERS = ("current_socket_power", "average_socket_power", "socket_power")
_NO_PERMISSION = 10  # AMDSMI_STATUS_NO_PERM


class AmdCard:
    """One card: how it is read, decided once; None of both tallies where it tells nothing."""

    def __init__(self, smi: Any, handle: Any, now: Moment) -> None:
        self._smi, self._handle = smi, handle
        self.place = str(smi.amdsmi_get_gpu_device_bdf(handle)).lower()
        asic = self._asks(lambda: smi.amdsmi_get_gpu_asic_info(handle)) or {}
        self.name = str(asic.get("market_name") or "AMD GPU")
        cap = self._asks(lambda: smi.amdsmi_get_power_cap_info(handle)["max_power_cap"])
        limit_w = max(_BURST * cap / 1e6, 100.0) if isinstance(cap, int | float) and cap > 0 else _LIMIT_W
        count_j, power_w = self._asks(self._count_j), self._asks(self._power_w)
        self._counter: CounterTally | None = None
        self._power: PowerTally | None = None
        if count_j:
            traits = CounterTraits(limit_w, update_interval_s=_UPDATE_S, ceiling_w=_LIMIT_W)
            self._counter = CounterTally(traits, count_j, now)
        elif power_w is not None:
            self._power = PowerTally(limit_w, power_w, now, _POWER_UPDATE_S)

    @property
    def method(self) -> Method | None:
        """How its joules come about; None where it tells nothing."""
        if self._counter is not None:
            return Method.COUNTER
        return Method.POWER if self._power is not None else None

    @property
    def channel(self) -> Channel:
        """How it presents itself."""
        counter = self._counter is not None
        return Channel(
            id=f"amdsmi/{self.place}",
            component=Component.GPU,
            label=f"{self.name} ({self.place})",
            method=Method.COUNTER if counter else Method.POWER,
            provenance=Provenance.MEASURED,
            boundary=DEVICE,
            relative_error=_ERROR[0],
            error_source=_ERROR[1],
            update_interval_s=_UPDATE_S if counter else _POWER_UPDATE_S,
        )

    def read(self, now: Moment) -> Sample:
        """The card's joules."""
        tally = self._counter or self._power
        assert tally is not None
        try:
            if self._counter is not None and self._counter.silent and (power_w := self._asks(self._power_w)):
                self._counter.told(power_w)
            return tally.good(self._count_j() if self._counter is not None else self._power_w(), now)
        except self._smi.AmdSmiException as error:
            denied = getattr(error, "err_code", None) == _NO_PERMISSION
            return tally.failed(flags.PERMISSION_LOST if denied else flags.ENERGY_GAP, now)
        except (ValueError, KeyError, TypeError):
            return tally.failed(flags.ENERGY_GAP, now)

    def _count_j(self) -> float:
        answer = self._smi.amdsmi_get_energy_count(self._handle)
        # Releases before 6.1 called the counts "power".
        counts = answer["energy_accumulator"] if "energy_accumulator" in answer else answer["power"]
        return float(counts) * float(answer["counter_resolution"]) / 1e6

    def _power_w(self) -> float:
        answer = self._smi.amdsmi_get_power_info(self._handle)
        told = (answer.get(name) for name in _POWERS)
        known = next((watts for watts in told if isinstance(watts, int | float) and watts > 0), None)
        if known is None:
            raise ValueError("the card does not tell its power")
        return float(known)

    def _asks(self, question: Any) -> Any:
        """The answer, or None where the driver refuses or its library is too old to know the question."""
        try:
            return question()
        except (self._smi.AmdSmiException, AttributeError, ValueError, KeyError, TypeError):
            return None


class AmdSmiSensor:
    """All cards that tell energy or power, one channel each."""

    name = "amdsmi"

    def __init__(self, host: Host, smi: Any, cards: tuple[AmdCard, ...], moments: Moments) -> None:
        self._smi, self._cards, self._moments = smi, cards, moments
        self._open = True
        self.channels = tuple(card.channel for card in cards)

    def read(self) -> tuple[Sample, ...]:
        """One sample per card."""
        now = self._moments.now()
        return tuple(card.read(now) for card in self._cards)

    def close(self) -> None:
        """Let the library go."""
        if self._open:
            self._open = False
            _shut_down(self._smi)


def probe_amdsmi(host: Host, smi: Any) -> tuple[AmdSmiSensor | None, list[Finding]]:
    """Open the cards; say how each is read, or what the driver refuses.

    smi   the ``amdsmi`` module or a stand-in
    """
    moments = Moments(host.clock)
    try:
        smi.amdsmi_init()
        now = moments.now()
        cards = [AmdCard(smi, handle, now) for handle in smi.amdsmi_get_processor_handles()]
    except smi.AmdSmiException as error:
        return None, [finding("amdsmi", Status.BROKEN, "amdsmi-broken", error=error)]
    telling = tuple(card for card in cards if card.method is not None)
    if not telling:
        _shut_down(smi)
        return None, []
    sensor = AmdSmiSensor(host, smi, telling, moments)
    labels = ", ".join(channel.label for channel in sensor.channels)
    return sensor, [
        finding("amdsmi", Status.AVAILABLE, "amdsmi", labels=labels, error=f"{_ERROR[0]:.0%}", basis=_ERROR[1])
    ]


def _shut_down(smi: Any) -> None:
    try:
        smi.amdsmi_shut_down()
    except smi.AmdSmiException:
        return  # nothing is left to release when the driver has gone away under us
