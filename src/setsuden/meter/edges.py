"""Edges: windows begin and end at readings taken then and there; what is called while a meter runs."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from setsuden.errors import InputError, LedgerError
from setsuden.meter.handle import Window, inert
from setsuden.meter.synchronise import synchronise_devices
from setsuden.meter.windows import plain_attributes

if TYPE_CHECKING:
    from setsuden.ledger.measurement import Flag, Measurement
    from setsuden.meter.background import Background
    from setsuden.meter.book import WindowBook
    from setsuden.meter.idle_keeper import IdleKeeper
    from setsuden.meter.live import Tick
    from setsuden.meter.recorder import Recorder
    from setsuden.meter.rig import Reading, Rig

T = TypeVar("T")


class Edges:
    """The part of a meter that is used between its start and its stop; ``Meter`` opens and closes it.

    Any thread may call any method. In a forked child every method does nothing.
    """

    def __init__(self, name: str, recorder: Recorder, background: Background, idle: IdleKeeper) -> None:
        self.name = name
        self._recorder = recorder
        self._background = background
        self._idle = idle
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._edge_cpu_s = 0.0
        self._settle_s = float("-inf")
        self._rig: Rig | None = None
        self._book: WindowBook | None = None
        self._first: Reading | None = None
        self._root_id = 0
        self._result: Measurement | None = None

    @contextmanager
    def window(self, name: str, **attributes: Any) -> Iterator[Window]:
        """A window around a block; windows may nest."""
        handle = Window(self, self.begin(name, **attributes))
        try:
            yield handle
        finally:
            handle.measurement = self.end(handle.window_id)

    def begin(self, name: str, **attributes: Any) -> int:
        """Begin a window and return its number; its parent is the innermost window this thread has open.

        attributes   JSON scalars: batch_size, samples, macs, phase, ... ; ``loader_s``, seconds spent waiting for data
        """
        if self._elsewhere:
            return 0
        plain = plain_attributes(attributes)
        return self._at_edge(lambda reading: self._begin_at(reading, name, plain))

    def end(self, window_id: int, **attributes: Any) -> Measurement:
        """End a window; raises InputError for one that is not open."""
        if self._elsewhere:
            return inert(window_id)
        plain = plain_attributes(attributes)
        return self._at_edge(lambda reading: self._end_at(reading, window_id, plain))

    def switch(self, window_id: int, name: str, **attributes: Any) -> tuple[Measurement, int]:
        """End one window and begin the next at the very same reading, so that the two leave no gap between them."""
        if self._elsewhere:
            return inert(window_id), 0
        plain = plain_attributes(attributes)

        def switched(reading: Reading) -> tuple[Measurement, int]:
            ended = self._end_at(reading, window_id, {})
            return ended, self._begin_at(reading, name, plain, parent_id=ended.parent_id)

        return self._at_edge(switched)

    def annotate(self, **attributes: Any) -> None:
        """Add attributes to the innermost window that this thread has open, else to the outermost one."""
        if not self._elsewhere:
            with self._lock:
                self.annotate_window(self._running().innermost() or self._root_id, **attributes)

    def annotate_window(self, window_id: int, **attributes: Any) -> None:
        """Add attributes to an open window."""
        if not self._elsewhere:
            plain = plain_attributes(attributes)
            with self._lock:
                self._running().known(window_id).attributes.update(plain)

    def sample(self) -> None:
        """Take one sample of every channel now and hand what is due to the ledger, as the background thread does."""
        if not self._elsewhere:
            self._running()
            self._sample()

    # -- for what watches a run while it goes on

    def so_far(self) -> Tick | None:
        """Seconds and joules since the meter began, read now; None in a forked child."""
        if self._elsewhere:
            return None
        from setsuden.meter.live import tick_between

        rig, first = self._rig, self._first
        assert rig is not None
        assert first is not None
        return self._at_edge(lambda reading: tick_between(rig.channels, first, first, reading))

    def elapsed_s(self) -> float:
        """Seconds since the meter began, without reading a sensor."""
        return 0.0 if self._rig is None or self._first is None else self._rig.now() - self._first.t_s

    def keep(self, name: str, document: Any) -> None:
        """Keep plain data with the run under a name; replaces what was there."""
        if not self._elsewhere:
            self._recorder.journal.note(lambda run: run.put_document(name, document))

    def recall(self, name: str, max_age_s: float) -> dict[str, Any] | None:
        """What earlier runs of this machine left behind under a name; None without a ledger, or when it is older."""
        run = self._recorder.journal.run
        if self._elsewhere or run is None:
            return None
        try:
            return run.ledger.baseline(_of_this_machine(name), max_age_s)
        except LedgerError:
            return None

    def leave(self, name: str, max_age_s: float, change: Callable[[dict[str, Any] | None], dict[str, Any]]) -> None:
        """Leave plain data behind for later runs of this machine, made from what is there; older data count as none."""
        key = _of_this_machine(name)
        if not self._elsewhere:
            self._recorder.journal.note(
                lambda run: run.ledger.put_baseline(key, change(run.ledger.baseline(key, max_age_s)))
            )

    # -- inside

    @property
    def _elsewhere(self) -> bool:
        return os.getpid() != self._pid

    @property
    def _cpu_s(self) -> float:
        return self._edge_cpu_s + self._background.cpu_s

    def _running(self) -> WindowBook:
        if self._book is None or self._result is not None:
            raise InputError("the meter is not running", value=self.name, remedy="Use it inside its with block.")
        return self._book

    def _at_edge(self, work: Callable[[Reading], T]) -> T:
        """What ``work`` makes of a reading after queued device work has finished; its own CPU time is booked.

        Where there is no thread that would do it, what is due is written here.
        """
        self._running()
        synchronise_devices()
        started = time.thread_time()
        with self._lock:
            try:
                reading = self._read()
                done = work(reading)
                if not self._background.threaded:
                    self._recorder.write_due(reading.t_s, 0.0)
                return done
            finally:
                self._edge_cpu_s += time.thread_time() - started

    def _sample(self) -> float:
        """A background sample: no more than taken, unless it is time to write; nothing after the last reading.

        Returns for how long from now on looking is enough, s.
        """
        rig = self._rig
        assert rig is not None
        with self._lock:
            t_s = rig.look()
            if rig.over or t_s < self._settle_s:
                return self._settle_s - t_s
            reading = self._settle(edge=False)
            next_s = self._background.note(reading)
        self._recorder.write_due(t_s, next_s)
        if not self._background.at_once:
            self._settle_s = self._recorder.latest_s - next_s
        return self._settle_s - t_s

    def _look(self) -> Reading | None:
        """A reading out of turn, which stays out of the trace and of what varies; None after the last one."""
        assert self._rig is not None
        with self._lock:
            if self._rig.over:
                return None
            self._rig.look()
            readings = self._rig.settle(edge=False)
            self._recorder.journal.add_readings(readings[:-1])
            for reading in readings:
                self._running().note(reading)
            return readings[-1]

    def _read(self) -> Reading:
        """A reading at a window's edge."""
        assert self._rig is not None
        self._running()
        self._rig.take(edge=True)
        return self._settle(edge=True)

    def _settle(self, *, edge: bool) -> Reading:
        """Work out what was taken, background samples and then this one, the last; returns it."""
        assert self._rig is not None
        book = self._running()
        readings = self._rig.settle(edge=edge)
        self._recorder.journal.add_readings(readings)
        for reading in readings:
            book.note(reading)
            if reading is not readings[-1] or not edge:
                book.tick(reading)
        return readings[-1]

    def _begin_at(self, reading: Reading, name: str, attributes: dict[str, Any], parent_id: int | None = None) -> int:
        assert self._rig is not None
        started_at = self._rig.utc().isoformat(timespec="milliseconds")
        window = self._running().begin(reading, name, attributes, started_at, self._cpu_s, parent_id)
        self._recorder.opened(window)
        return window.window_id

    def _end_at(
        self, reading: Reading, window_id: int, attributes: dict[str, Any], extra: Sequence[Flag] = ()
    ) -> Measurement:
        book = self._running()
        book.known(window_id).attributes.update(attributes)
        measurement = book.end(reading, window_id, self._idle.baseline, self._cpu_s, extra)
        self._recorder.closed(measurement)
        return measurement


def _of_this_machine(name: str) -> str:
    from setsuden.ledger.liveness import host_name

    return f"{host_name()}\n{name}"
