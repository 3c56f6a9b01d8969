"""Background: what goes on between the edges of windows: sampling at a rate, and showing what was sampled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Literal

from setsuden.errors import InputError
from setsuden.meter.sampler import Sampler

if TYPE_CHECKING:
    from setsuden.ledger.channel import ChannelRecord
    from setsuden.meter.pace import Pace
    from setsuden.meter.rig import Reading, Rig
    from setsuden.meter.telemetry import Telemetry

# A moment in which the start returns, and one in which the program that is measured gets going.
_FIRST_AFTER_S = 0.001
_PREPARE_AFTER_S = 0.1
DEFAULT_RATE_HZ = 2.0
ADAPTIVE = "adaptive"
Rate = float | Literal["adaptive"]


def checked_rate(rate_hz: Rate) -> Rate:
    """The rate, 0 to 1000 Hz or "adaptive"; raises InputError for anything else."""
    if rate_hz != ADAPTIVE and (isinstance(rate_hz, str) or not 0 <= rate_hz <= 1000):
        raise InputError(
            "the sampling rate must lie between 0 and 1000 Hz, or be 'adaptive'", place="rate_hz", value=rate_hz,
            remedy="2 Hz is the default; 0 reads only at the edges of windows.",
        )  # fmt: skip
    return rate_hz


class Background:
    """The sampling thread of one meter, how long it rests, and the telemetry it feeds.

    rate_hz     as ``checked_rate`` gives it; 0: no thread
    """

    def __init__(self, rate_hz: Rate, telemetry: Telemetry | None) -> None:
        self._rate_hz = rate_hz
        self._telemetry = telemetry
        self._channels: Sequence[ChannelRecord] = ()
        self._shown: tuple[Reading, Reading] | None = None
        self._sampler: Sampler | None = None
        self._pace: Pace | None = None

    def begin(self) -> None:
        """Claim the telemetry; raises InputError when another meter is showing its joules there."""
        if self._telemetry is not None:
            self._telemetry.begin()

    def start(
        self,
        rig: Rig,
        first: Reading,
        tick: Callable[[], float],
        look: Callable[[], Reading | None],
        write_first: Callable[[], None] | None,
        catch_up: Callable[[], None],
    ) -> None:
        """Call ``tick`` at the rate from now on; before, what the start put off: at once and then in a moment.

        tick   takes a sample and returns for how many seconds from then on the rig's ``look`` is enough
        look   takes a sample out of turn, for the first looks at fast counters
        """
        channels = self._channels = rig.channels
        self._shown = (first, first)
        if self._rate_hz == 0:
            return
        if self._rate_hz == ADAPTIVE:
            from setsuden.meter.pace import Pace

            self._pace = Pace(channels)
        wanted_s = 1.0 / float(self._rate_hz) if self._pace is None else self._pace.period_s
        period_s = max(wanted_s, _news_every_s(channels))

        def prepare() -> None:
            _load_the_rest()
            catch_up()

        before = [(_FIRST_AFTER_S, write_first)] if write_first is not None else []
        before.append((_PREPARE_AFTER_S, prepare))
        self._sampler = Sampler(tick, period_s, chain(before, _looks(channels, look)), rig.look)
        self._sampler.start()

    @property
    def threaded(self) -> bool:
        """Whether there will be a thread."""
        return self._rate_hz != 0

    @property
    def at_once(self) -> bool:
        """Whether every sample is needed when it is taken, because it is shown or paces the next one."""
        return self._telemetry is not None or self._pace is not None

    def note(self, reading: Reading) -> float:
        """Take over a sample: show it, pace the next one. Returns in how many seconds that comes, if known."""
        self._show(reading)
        if self._sampler is None:
            return 1.0 / DEFAULT_RATE_HZ  # taken by hand
        if self._pace is not None:
            self._pace.note(reading)
            self._sampler.period_s = self._pace.period_s
        return self._sampler.period_s

    def end(self, last: Reading) -> None:
        """Show the last reading and give the telemetry back."""
        self._show(last)
        if self._telemetry is not None:
            self._telemetry.end()

    def stop(self) -> None:
        """No sample begins from here on; one that is being taken is waited for."""
        if self._sampler is not None:
            self._sampler.stop()

    def hold(self, at_most_s: float) -> Callable[[], None] | None:
        """Wait until the thread does nothing and keep it so; returns what lets it go on, None where it is not held."""
        sampler = self._sampler
        return sampler.release if sampler is not None and sampler.hold(at_most_s) else None

    @property
    def fault(self) -> str | None:
        """What ended the sampling early; None when nothing did."""
        return self._sampler.fault if self._sampler is not None else None

    @property
    def late(self) -> int:
        """Samples that were skipped because the thread woke up too late."""
        return self._sampler.late if self._sampler is not None else 0

    @property
    def cpu_s(self) -> float:
        """CPU seconds of the thread, as of its last sample."""
        return self._sampler.cpu_s if self._sampler is not None else 0.0

    def _show(self, reading: Reading) -> None:
        if self._telemetry is None or self._shown is None:
            return
        from setsuden.meter.live import tick_between

        first, before = self._shown
        self._telemetry.show(tick_between(self._channels, first, before, reading))
        self._shown = (first, reading)


def _looks(
    channels: Sequence[ChannelRecord], look: Callable[[], Reading | None]
) -> Iterable[tuple[float, Callable[[], None]]]:
    """What sees how often counters are refreshed; nothing is loaded where there are none that say it is often."""
    if all(channel.method != "counter" for channel in channels):
        return ()
    from setsuden.meter.first_looks import fast_counters, first_looks

    return first_looks(fast_counters(channels), look)


def _news_every_s(channels: Sequence[ChannelRecord]) -> float:
    """Where every channel is modelled, how often the first of them has anything new, s; else 0.

    What is modelled follows from what the kernel counts, and between two looks at that it goes on with the last power:
    samples in between would tell nothing, at the price of a wake-up each.
    """
    if any(channel.method != "model" for channel in channels):
        return 0.0
    return min((channel.update_interval_s for channel in channels if channel.update_interval_s > 0), default=0.0)


def _load_the_rest() -> None:
    """Import what the end of a window needs, which the start did without."""
    import setsuden.ledger.measurement_json
    import setsuden.meter.closing  # noqa: F401
