"""Modelled power for what has no sensor: CPU by utilisation, DRAM by capacity. Always labelled as estimates."""

from __future__ import annotations

from setsuden.quantity import DEVICE, Provenance
from setsuden.sensors import flags
from setsuden.sensors.busy import BusyShare, Taken
from setsuden.sensors.host import Clock, Host
from setsuden.sensors.limits import Limits
from setsuden.sensors.open_file import OpenFiles
from setsuden.sensors.power_models import PowerModel
from setsuden.sensors.protocol import Channel, Component, Method, Sample, Status, finding
from setsuden.sensors.tally import SLEEP_FLOOR_S, Tally

# The kernel counts CPU time in ticks of 10 ms at the coarsest; ten of them make a share to trust.
_CPU_UPDATE_S = 0.1
# Asked sooner, it goes on with the power of the last answer; a little early, so that a sampler at 10 Hz asks anew.
_ASK_AFTER_S = 0.9 * _CPU_UPDATE_S


class _Modelled:
    """Notices sleep; most samples of a machine without sensors pass here, so it makes no ``Moment`` of each."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_s = clock.since_boot() - clock.elapsed()

    def _notes(self, t_s: float, boot_s: float) -> tuple[str, ...]:
        """The flag of a machine that slept since the reading before, which was at those clocks."""
        ahead_s = boot_s - t_s
        slept_s, self._ahead_s = ahead_s - self._ahead_s, ahead_s
        return (flags.SUSPENDED,) if slept_s > SLEEP_FLOOR_S else ()


class ModelCpuSensor(_Modelled):
    """CPU package watts from a power curve at the mean utilisation since the last reading.

    The curve bends, so seldom readings of bursty work err a little upwards; the published error is far wider.
    """

    name = "model-cpu"

    def __init__(self, host: Host, model: PowerModel, limits: Limits) -> None:
        super().__init__(host.clock)
        self._model = model
        self._busy = BusyShare(host, cpus=limits.cpus, usage_file=limits.cpu_usage)
        self._anchor_s = host.clock.elapsed()
        self._asked_s = float("-inf")
        self._power_w: float | None = None
        self._tally = Tally()
        self.channels = (
            Channel(
                id="model/cpu",
                component=Component.CPU,
                label=f"CPU, modelled ({model.seen})",
                method=Method.MODEL,
                provenance=Provenance.ESTIMATED,
                boundary=DEVICE,
                relative_error=model.error,
                error_source=model.error_source,
                update_interval_s=_CPU_UPDATE_S,
                factors=model.factors,
                relative_error_below=model.below,
            ),
        )

    def read(self) -> tuple[Sample, ...]:
        """One sample; before the kernel's tick has moved it shows what the last utilisation implies."""
        t_s, boot_s = self._clock.elapsed(), self._clock.since_boot()
        return self.settle(t_s, boot_s, self.take(t_s, boot_s))

    def take(self, t_s: float, boot_s: float) -> Taken | None:
        """The kernel's sums; None when it was asked a moment ago."""
        if t_s - self._asked_s < _ASK_AFTER_S:
            return None
        self._asked_s = t_s
        return self._busy.take()

    def settle(self, t_s: float, boot_s: float, taken: Taken | None) -> tuple[Sample, ...]:
        """One sample."""
        notes = self._notes(t_s, boot_s)
        span_s = max(0.0, t_s - self._anchor_s)
        if taken is None and self._power_w is not None:
            likely_j = self._power_w * span_s
            return (self._tally.sample(t_s, self._power_w, notes, (likely_j, likely_j, likely_j)),)
        share = None if taken is None else self._busy.since_last(t_s, taken)
        if share is not None:
            self._power_w = self._model.watts(share)
            self._tally.add(self._power_w * span_s)
            self._anchor_s = t_s
            return (self._tally.sample(t_s, self._power_w, notes),)
        self._asked_s = float("-inf")  # nothing new: it is asked again at the next reading
        return (self._waiting(t_s, span_s, notes),)

    def _waiting(self, t_s: float, span_s: float, notes: tuple[str, ...]) -> Sample:
        """Nothing new about the load: between the idle and the full power of the part."""
        floor_j, ceiling_j = self._model.watts(0.0) * span_s, self._model.watts(1.0) * span_s
        likely_j = floor_j if self._power_w is None else self._power_w * span_s
        if span_s > 10 * _CPU_UPDATE_S:
            notes += (flags.ENERGY_GAP,)
        return self._tally.sample(t_s, None, notes, (likely_j, floor_j, ceiling_j))

    def close(self) -> None:
        """Release the files."""
        self._busy.close()


class ModelDramSensor(_Modelled):
    """DRAM watts from its capacity: what the machine or the container has, whatever the load."""

    name = "model-dram"

    def __init__(self, host: Host, per_gb: PowerModel, memory_bytes: int) -> None:
        super().__init__(host.clock)
        per_gb_w = per_gb.watts(0.0)
        self._last_s = host.clock.elapsed()
        self._energy_j = 0.0
        self.power_w = per_gb_w * memory_bytes / 1e9
        self.files = OpenFiles(host.files, ())
        self.channels = (
            Channel(
                id="model/dram",
                component=Component.DRAM,
                label=f"DRAM, modelled ({memory_bytes / 1e9:.3g} GB)",
                method=Method.MODEL,
                provenance=Provenance.ASSUMED,
                boundary=DEVICE,
                relative_error=per_gb.error,
                error_source=per_gb.error_source,
                factors=per_gb.factors,
                relative_error_below=per_gb.below,
            ),
        )
        self.finding = finding(
            self.name,
            Status.MODELLED,
            self.name,
            size=f"{memory_bytes / 1e9:.3g} GB",
            per_gb=f"{per_gb_w:g}",
            low=f"{per_gb_w * (1 - per_gb.below):g}",
            high=f"{per_gb_w * (1 + per_gb.error):g}",
            basis=per_gb.basis,
        )

    def read(self) -> tuple[Sample, ...]:
        """One sample: constant power x elapsed time."""
        return self.settle(self._clock.elapsed(), self._clock.since_boot(), None)

    def take(self, t_s: float, boot_s: float) -> None:
        """There is nothing to look at."""

    def settle(self, t_s: float, boot_s: float, taken: None) -> tuple[Sample, ...]:
        """One sample."""
        notes = self._notes(t_s, boot_s)
        # Nothing is ever missed, so the sums that bound a gap would all be the same.
        energy_j = self._energy_j = self._energy_j + self.power_w * max(0.0, t_s - self._last_s)
        self._last_s = t_s
        return (Sample(t_s, energy_j, energy_j, energy_j, self.power_w, notes),)

    def close(self) -> None:
        """Nothing to release."""
