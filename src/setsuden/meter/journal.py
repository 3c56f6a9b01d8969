"""Journal: the way from the meter to the ledger, which may fail without harming the program that is measured."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from itertools import chain
from operator import attrgetter, methodcaller
from typing import TYPE_CHECKING

from setsuden.errors import LedgerError
from setsuden.ledger.channel import OpenedWindow

if TYPE_CHECKING:
    from setsuden.ledger.codec import Row
    from setsuden.ledger.measurement import Measurement
    from setsuden.ledger.writer import RunWriter
    from setsuden.meter.rig import Reading

    Note = Callable[[RunWriter], None] | OpenedWindow | Measurement

# What may wait in memory while the ledger cannot be written; about 100 bytes a reading and channel.
MAX_READINGS = 20_000
MAX_NOTES = 20_000
# One transaction writes no more than so many of each.
CHUNK = 500
# After a failure so many flushes are left out at most: 32 seconds of them.
LONGEST_PAUSE = 64
LAST_ATTEMPTS = 3
_FLAGS = attrgetter("flags")
_BEAT = methodcaller("heartbeat")
_BEAT_NOW = methodcaller("heartbeat", at_once=True)


class Journal:
    """Collects readings and notes from any thread; ``flush`` writes them in a few transactions.

    run        where to write; None: nothing is kept, unless ``opening`` is given
    opening    begins the run: tried by ``open`` or when somebody asks for the run, whichever comes first, and where the
               ledger fails then, again at every flush

    While the ledger fails, readings wait up to a bound, then every second one is dropped (counters keep their joules,
    only the time resolution suffers); of too many notes the oldest are dropped. Both losses are counted.
    """

    def __init__(
        self,
        run: RunWriter | None = None,
        first_channel: int = 0,
        opening: Callable[[], RunWriter] | None = None,
    ) -> None:
        self._run = run
        self._opening = opening
        self._first_channel = first_channel
        # Both may be asked for again from within, by a signal handler or a finaliser.
        self._beginning = threading.RLock()
        self._begins = False
        self._tried = opening is None
        self._lock = threading.RLock()
        self._readings: list[Reading] = []
        self._notes: list[Note] = []
        self.fault: str | None = None
        self.dropped_readings = 0
        self.dropped_notes = 0
        self._closed = False
        self._failures = 0
        self._pause = 0

    @property
    def run(self) -> RunWriter | None:
        """The run that is written; None without a ledger, and while it could not be begun. Sees to a first try."""
        if not self._tried:
            self.open()
        return self._run

    @property
    def wanted(self) -> bool:
        """Whether anything is to be kept."""
        return self._run is not None or self._opening is not None

    @property
    def first_channel(self) -> int:
        """Position of this meter's first channel in the run."""
        return self._first_channel

    @property
    def complete(self) -> bool:
        """Whether all that was handed over is in the ledger and the run is closed there."""
        return self._closed and not (self._readings or self._notes or self.dropped_readings or self.dropped_notes)

    def add_readings(self, readings: Iterable[Reading]) -> None:
        """Queue readings, in order of time."""
        if not self.wanted:
            return
        with self._lock:
            self._readings.extend(readings)
            if len(self._readings) > MAX_READINGS:
                before = len(self._readings)
                del self._readings[1::2]
                self.dropped_readings += before - len(self._readings)

    def note(self, write: Note) -> None:
        """Queue anything else: a window that began or what one found, else a function that writes it."""
        if not self.wanted:
            return
        with self._lock:
            self._notes.append(write)
            if len(self._notes) > MAX_NOTES:
                self.dropped_notes += 1
                del self._notes[0]

    def open(self) -> RunWriter | None:
        """Begin the run where that has not been done; None where it cannot be, or nothing is kept."""
        with self._beginning:
            if self._begins:
                self.fault = "its run was still being begun"
            elif self._run is None and self._opening is not None:
                self._begins = True
                try:
                    self._run = self._opening()
                except LedgerError as error:
                    self.fault = str(error)
                finally:
                    self._begins = False
                self._tried = True
        return self._run

    def flush(self, closing: Callable[[RunWriter], None] = _BEAT) -> bool:
        """Write what is waiting, unless the ledger failed a moment ago; False when not all could be written.

        closing   what every transaction ends with
        """
        if self._pause > 0:
            self._pause -= 1
            return False
        if self._write_waiting(closing):
            self._failures = 0
            return True
        self._failures += 1
        self._pause = min(2**self._failures, LONGEST_PAUSE)
        return False

    def checkpoint(self) -> None:
        """Have on disk what was written so far, so that a power cut does not take it."""
        run = self._run
        if run is not None:
            try:
                run.ledger.checkpoint()
            except LedgerError as error:
                self.fault = str(error)

    def catch_up(self) -> None:
        """Do what the start put off: have on disk what it wrote.

        The commit after a checkpoint begins the log anew and waits for the disk; better here than at a sample. What a
        program of many short windows has found by then is no small part of what a kill may take.
        """
        self.checkpoint()
        if self._run is not None:
            self.flush(_BEAT_NOW)

    def finish(self, write: Callable[[RunWriter], None]) -> bool:
        """Write all that is waiting and then ``write``; a few attempts, however recent the last failure."""
        self._closed = any(self._write_waiting() and self._commit([], [], write) for _ in range(LAST_ATTEMPTS))
        return self._closed

    def _write_waiting(self, closing: Callable[[RunWriter], None] = _BEAT) -> bool:
        """Transactions of bounded size, so that a failing ledger fails fast; ``fault`` says why."""
        while True:
            with self._lock:
                readings, notes = self._readings[:CHUNK], self._notes[:CHUNK]
                del self._readings[: len(readings)], self._notes[: len(notes)]
                last = not (self._readings or self._notes)
            if not self._commit(readings, notes, closing):
                with self._lock:
                    self._readings[:0], self._notes[:0] = readings, notes
                return False
            if last:
                return True

    def _commit(
        self,
        readings: list[Reading],
        notes: list[Note],
        closing: Callable[[RunWriter], None],
    ) -> bool:
        run = self.open()
        if run is None:
            return not self.wanted
        try:
            with run.transaction():
                _write_readings(run, self._first_channel, readings)
                _write_notes(run, notes)
                closing(run)
        except LedgerError as error:
            self.fault = str(error)
            return False
        return True


def _write_readings(run: RunWriter, first_channel: int, readings: list[Reading]) -> None:
    if not readings:
        return
    blocks = []
    for channel, samples in enumerate(zip(*(reading.samples for reading in readings), strict=True), first_channel):
        rows: list[Row] = [sample[:5] for sample in samples]
        blocks.append((channel, rows, tuple(dict.fromkeys(chain.from_iterable(map(_FLAGS, samples))))))
    run.write_blocks(blocks)


def _write_notes(run: RunWriter, notes: list[Note]) -> None:
    """Windows together, as there may be hundreds; they begin before they end."""
    opened: list[OpenedWindow] = []
    closed: list[Measurement] = []
    others: list[Callable[[RunWriter], None]] = []
    for note in notes:
        if isinstance(note, OpenedWindow):
            opened.append(note)
        elif callable(note):
            others.append(note)
        else:
            closed.append(note)
    run.open_windows(opened)
    run.close_windows(closed)
    for write in others:
        write(run)


def describe_loss(journal: Journal) -> str | None:
    """One sentence on what the ledger lacks; None when it is complete."""
    if journal.complete:
        return None
    if journal.run is None:
        return f"Nothing is kept on disk: {journal.fault}"
    return (
        f"The ledger could not be written ({journal.fault or 'not as fast as there was more'}); readings lost: "
        f"{journal.dropped_readings + len(journal._readings)}, windows and notes lost: "
        f"{journal.dropped_notes + len(journal._notes)}."
    )
