"""Journal: the way from the meter to the ledger, which may fail without harming the program that is measured."""

from __future__ import annotations

import threading
from collections.abc import Callable

from setsuden.errors import LedgerError
from setsuden.ledger.codec import Row
from setsuden.ledger.measurement import Measurement
from setsuden.ledger.writer import RunWriter
from setsuden.meter.rig import Reading

# What may wait in memory while the ledger cannot be written; about 100 bytes a reading and channel.
MAX_READINGS = 20_000
MAX_NOTES = 20_000


class Journal:
    """Collects readings and notes from any thread; ``flush`` writes them in one transaction.

    While the ledger fails, readings wait up to a bound, then every second one is dropped (counters keep their joules,
    only the time resolution suffers); of too many notes the oldest are dropped. Both losses are counted.
    """

    def __init__(self, run: RunWriter | None, first_channel: int = 0) -> None:
        self._run = run
        self._first_channel = first_channel
        self._lock = threading.Lock()
        self._readings: list[Reading] = []
        self._notes: list[Callable[[RunWriter], None]] = []
        self.fault: str | None = None
        self.dropped_readings = 0
        self.dropped_notes = 0

    @property
    def run(self) -> RunWriter | None:
        """The run that is written; None without a ledger."""
        return self._run

    @property
    def first_channel(self) -> int:
        """Position of this meter's first channel in the run."""
        return self._first_channel

    @property
    def complete(self) -> bool:
        """Whether all that was handed over is in the ledger."""
        return not (self._readings or self._notes or self.dropped_readings or self.dropped_notes)

    def add_reading(self, reading: Reading) -> None:
        """Queue a reading."""
        if self._run is None:
            return
        with self._lock:
            self._readings.append(reading)
            if len(self._readings) > MAX_READINGS:
                before = len(self._readings)
                self._readings = self._readings[::2]
                self.dropped_readings += before - len(self._readings)

    def note(self, write: Callable[[RunWriter], None]) -> None:
        """Queue anything else: a function that writes it."""
        if self._run is None:
            return
        with self._lock:
            self._notes.append(write)
            if len(self._notes) > MAX_NOTES:
                self.dropped_notes += 1
                del self._notes[0]

    def flush(self, *, finish: Callable[[RunWriter], None] | None = None) -> bool:
        """Write what is waiting, all or nothing; False when the ledger failed, ``fault`` then says why.

        finish   written last, in the same transaction
        """
        run = self._run
        if run is None:
            return True
        with self._lock:
            readings, notes = self._readings, self._notes
            self._readings, self._notes = [], []
        try:
            with run.transaction():
                _write_readings(run, self._first_channel, readings)
                for note in notes:
                    note(run)
                if finish is not None:
                    finish(run)
                else:
                    run.heartbeat()
        except LedgerError as error:
            self.fault = str(error)
            with self._lock:
                self._readings = readings + self._readings
                self._notes = notes + self._notes
            return False
        return True


def _write_readings(run: RunWriter, first_channel: int, readings: list[Reading]) -> None:
    if not readings:
        return
    for position in range(len(readings[0].samples)):
        samples = [reading.samples[position] for reading in readings]
        rows: list[Row] = [(s.t_s, s.energy_j, s.low_j, s.high_j, s.power_w) for s in samples]
        run.write_samples(
            first_channel + position, rows, tuple(dict.fromkeys(code for s in samples for code in s.flags))
        )


def describe_loss(journal: Journal) -> str | None:
    """One sentence on what the ledger lacks; None when it is complete."""
    if journal.fault is None or journal.complete:
        return None
    return (
        f"The ledger could not be written ({journal.fault}); readings lost: "
        f"{journal.dropped_readings + len(journal._readings)}, windows and notes lost: "
        f"{journal.dropped_notes + len(journal._notes)}."
    )


def stored(measurement: Measurement) -> Callable[[RunWriter], None]:
    """A note that stores a closed window."""

    def write(run: RunWriter) -> None:
        run.close_window(measurement)

    return write
