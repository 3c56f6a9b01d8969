"""A GPU whose driver tells neither energy nor power: idle power plus utilisation times the rest of its design power."""

from __future__ import annotations

from setsuden.catalogue import processors, uncertainty
from setsuden.quantity import DEVICE, Factor, Provenance
from setsuden.sensors import flags
from setsuden.sensors.protocol import Channel, Component, Method, Sample
from setsuden.sensors.tally import Moment, Tally

# Idle watts of one data-centre card over the design power of the card it was read on (an A100: 58 of 400 W); smaller
# cards idle lower in proportion.
_IDLE_OF = 400.0


class GpuModel:
    """Watts at a utilisation: ``idle_w`` + utilisation x (``full_w`` - ``idle_w``).

    full_w   power limit of the driver, or the catalogue's design power, x the usual share of it under load
    errors   5-95 half-widths as shares, below and above
    """

    def __init__(
        self, idle_w: float, full_w: float, errors: tuple[float, float], factors: tuple[Factor, ...], now: Moment
    ) -> None:
        self.idle_w = idle_w
        self.full_w = full_w
        self.error_below, self.error_above = errors
        self.factors = factors
        self._tally = Tally()
        self._anchor = now
        self._power_w = idle_w

    def watts(self, share: float) -> float:
        """At ``share`` 0-1 of the streaming multiprocessors' time."""
        return self.idle_w + min(1.0, max(0.0, share)) * (self.full_w - self.idle_w)

    def good(self, share: float, now: Moment) -> Sample:
        """The utilisation since the last reading is ``share``."""
        self._power_w = self.watts(share)
        self._tally.add(self._power_w * max(0.0, now.t_s - self._anchor.t_s))
        self._anchor = now
        return self._tally.sample(now.t_s, self._power_w, (flags.SUSPENDED,) if now.slept_s else ())

    def failed(self, cause: str, now: Moment) -> Sample:
        """The utilisation cannot be read."""
        span_s = max(0.0, now.t_s - self._anchor.t_s)
        bounds = (self._power_w * span_s, 0.0, self.full_w * span_s)
        return self._tally.sample(now.t_s, None, (cause,), bounds)

    def channel(self, uuid: str, label: str) -> Channel:
        """How it presents itself."""
        return Channel(
            id=f"model/{uuid}",
            component=Component.GPU,
            label=f"{label}, modelled",
            method=Method.MODEL,
            provenance=Provenance.ESTIMATED,
            boundary=DEVICE,
            relative_error=self.error_above,
            relative_error_below=self.error_below,
            error_source=self.factors[-1].source,
            update_interval_s=1.0,
            factors=self.factors,
        )


def gpu_model(name: str, limit_w: float | None, now: Moment) -> GpuModel:
    """The model of a card by its name; the driver's power limit beats the catalogue."""
    match = processors.match_gpu(name)
    if match.tdp_w is None:
        match = processors.match_gpu("unknown")
    assert match.tdp_w is not None
    design_w = limit_w or match.tdp_w.value
    share, idle = uncertainty.default("f_tdp"), uncertainty.default("p_idle_gpu")
    full_w = design_w * share.centre
    idle_w = min(idle.centre * design_w / _IDLE_OF, 0.5 * full_w)
    # Busy power is anything from the lowest published share of design power to all of it.
    above = share.high / share.centre - 1
    if limit_w is None:
        above = (1 + above) * match.tdp_w.high / match.tdp_w.value - 1
    below = 1 - share.low / share.centre
    factors = (*match.tdp_w.factors, idle.factor("W"), share.factor("1"))
    return GpuModel(idle_w, full_w, (below, above), factors, now)
