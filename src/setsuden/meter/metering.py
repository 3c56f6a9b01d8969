"""Meter: a run from its opening to its result, with a background sampler; its windows are in ``edges``."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

from setsuden.errors import InputError
from setsuden.meter import codes, lifetime
from setsuden.meter.background import DEFAULT_RATE_HZ, Background, checked_rate
from setsuden.meter.book import WindowBook
from setsuden.meter.edges import Edges
from setsuden.meter.idle_keeper import IdleKeeper
from setsuden.meter.recorder import Recorder
from setsuden.meter.rig import Reading, Rig
from setsuden.meter.setup import find_setup
from setsuden.meter.synchronise import synchronise_devices
from setsuden.startup import Uncollected

if TYPE_CHECKING:
    from setsuden.ledger.measurement import Measurement
    from setsuden.ledger.store import Ledger
    from setsuden.ledger.writer import RunWriter
    from setsuden.meter.idle import IdleBaseline
    from setsuden.meter.load import LoadProbe
    from setsuden.meter.telemetry import Telemetry
    from setsuden.sensors.correction import Correction
    from setsuden.sensors.host import Clock
    from setsuden.sensors.protocol import Sensor

# A fork waits no longer than this for what the thread writes, and as long for what it reads.
_HOLD_S = 1.0

P = ParamSpec("P")
R = TypeVar("R")


class Meter(Edges):
    """Measures what happens between ``start`` and ``stop``, best as ``with Meter("train") as meter:``.

    name      what is measured
    ledger    None: the user's ledger; a path or a Ledger; False: keep nothing on disk
    rate_hz   how often the sensors are sampled in the background; 0: only at the edges of windows. Window energies do
              not depend on it: they are differences of readings at their edges. "adaptive": from once in 0.9 s while
              the power holds still to ten times a second while it changes
    idle_s    seconds of doing nothing before and after, to learn the idle power; None: reuse a baseline of this machine
              younger than 12 hours if the ledger has one; 0: no baseline
    tags      for finding the run again
    sensors   what to read; None: whatever this machine has, modelled where it has nothing
    clock     None: the system's
    probe     reads how busy things are; None: this machine's load, but nothing when ``sensors`` are given
    config    plain data stored with the run; ``kind`` sorts runs in lists
    run       write into this run, which the caller opened and will finish, instead of a new one
    sleep     waits for idle baselines; tests put a fake in its place
    corrections  applied to the channels they name, see ``setsuden.meter.corrections``; every window then says so
    telemetry  shows joules and watts as OpenTelemetry metrics at every background sample; one may serve many meters

    Also a decorator: every call of the function is a run of its own. Window methods may be called from any thread. In
    a forked child every method does nothing. A ledger that fails never raises here: ``result`` carries
    SET-NOT-RECORDED and the reason.
    """

    def __init__(
        self,
        name: str = "run",
        *,
        ledger: Ledger | str | os.PathLike[str] | bool | None = None,
        rate_hz: float | Literal["adaptive"] = DEFAULT_RATE_HZ,
        idle_s: float | None = None,
        tags: Sequence[str] = (),
        sensors: Sequence[Sensor] | None = None,
        clock: Clock | None = None,
        probe: LoadProbe | None = None,
        config: Mapping[str, Any] | None = None,
        kind: str = "meter",
        run: RunWriter | None = None,
        sleep: Callable[[float], None] = time.sleep,
        telemetry: Telemetry | None = None,
        corrections: Sequence[Correction] = (),
    ) -> None:
        self._settings: dict[str, Any] = {
            "ledger": ledger, "rate_hz": checked_rate(rate_hz), "idle_s": idle_s, "tags": tags, "sensors": sensors,
            "clock": clock, "probe": probe, "config": config, "kind": kind, "run": run, "sleep": sleep,
            "telemetry": telemetry, "corrections": corrections,
        }  # fmt: skip
        super().__init__(
            name, Recorder(name, self._settings), Background(rate_hz, telemetry), IdleKeeper(idle_s, sleep)
        )
        self._endings: list[Callable[[], None]] = []

    # -- life

    def start(self) -> Meter:
        """Open the run, measure the idle baseline if asked for, begin the outermost window and the sampling."""
        if self._rig is not None:
            raise InputError("this meter has already been started", value=self.name, remedy="Make a new one.")
        self._background.begin()
        given = (self._settings[name] for name in ("sensors", "clock", "probe", "corrections"))
        with Uncollected():
            rig = self._rig = Rig(find_setup(*given), self._lock)
            # Idle power is measured before there is a thread.
            later = self._background.threaded and not self._settings["idle_s"]
            first_id = self._recorder.open(rig.channels, later=later)
        disturbed = self._idle.before(rig, self._recorder.journal)
        if disturbed is not None:
            self._recorder.remark(disturbed.code, disturbed.detail)
        first = self._first = rig.read()
        self._book = WindowBook(rig.channels, first, first_id)
        self._root_id = self.begin(self.name)
        left = self._write_first if self._recorder.begin(first.t_s) else None
        if left is None:
            self._write_first()
        self._background.start(rig, first, self._sample, self._look, left, self._recorder.catch_up)
        lifetime.opened(self)
        return self

    def stop(self, error: BaseException | None = None) -> Measurement | None:
        """End all windows and the run; ``failed`` when an error is given. None in a forked child."""
        if self._elsewhere or self._rig is None or self._result is not None:
            return self._result
        while self._endings:
            self._endings.pop()()
        lifetime.closed(self)
        last = self._last_reading(self._rig)
        self._background.stop()
        if self._background.fault is not None:
            self._recorder.remark(codes.NOT_RECORDED, f"Background sampling failed: {self._background.fault}.")
        self._result = self._finish(self._rig, last, error)
        self._rig.close()
        self._recorder.close()
        return self._result

    def __enter__(self) -> Meter:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop(error)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Measure every call of ``function`` as a run of its own."""

        @functools.wraps(function)
        def measured(*args: P.args, **kwargs: P.kwargs) -> R:
            with Meter(self.name, **self._settings):
                return function(*args, **kwargs)

        return measured

    def before_end(self, call: Callable[[], None]) -> None:
        """Call this when the meter is about to stop, while it still measures; the last one asked is called first."""
        self._endings.append(call)

    def before_fork(self) -> Callable[[], None]:
        """Begin the run, which the child may ask for, and let the thread come to rest; returns what lets it go on.

        A thread that is importing, writing or reading a sensor just then would leave its locks, and those of a driver,
        to a child in which nobody releases them.
        """
        _ = self.run_id, self.idle
        with ExitStack() as held:
            go_on = self._background.hold(_HOLD_S)
            if go_on is not None:
                held.callback(go_on)
                if self._lock.acquire(timeout=_HOLD_S):  # nothing else keeps a look from reading
                    held.callback(self._lock.release)
            return held.pop_all().close

    # -- results

    @property
    def result(self) -> Measurement:
        """The outermost window; raises InputError before the meter has stopped."""
        if self._result is None:
            raise InputError("the meter is still running", value=self.name, remedy="Read result after the with block.")
        return self._result

    @property
    def run_id(self) -> str | None:
        """Id of the run in the ledger; None when nothing is recorded, and while a locked ledger lets none begin."""
        return self._recorder.run_id

    @property
    def idle(self) -> IdleBaseline | None:
        """The idle baseline in use."""
        return self._idle.baseline

    @property
    def late_ticks(self) -> int:
        """Samples that were skipped because the background thread woke up too late."""
        return self._background.late

    # -- inside

    def _write_first(self) -> None:
        """Have in the ledger what there is, and from it what an earlier run left."""
        self._recorder.write_first()
        self._idle.fetch()

    def _last_reading(self, rig: Rig) -> Reading:
        """The edge of all that is still open; no sample comes after it."""
        synchronise_devices()
        with self._lock:
            reading = self._read()
            rig.over = True
            self._background.end(reading)
        return reading

    def _finish(self, rig: Rig, last: Reading, error: BaseException | None) -> Measurement:
        assert self._book is not None
        with self._lock:
            for window_id in reversed(self._book.open_ids):
                if window_id != self._root_id:
                    self._end_at(last, window_id, {})
        drift = self._idle.after(rig) if error is None else None
        if drift is not None:
            self._recorder.remark(drift.code, drift.detail)
        with self._lock:
            result = self._end_at(last, self._root_id, {}, self._recorder.flags())
        about = {**self._idle.to_json(), "meter_cpu_s": self._cpu_s, "late_samples": self.late_ticks}
        return self._recorder.finish(result, about, error)
