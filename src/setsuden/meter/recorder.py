"""Recorder: what one meter writes into the ledger, from the opening of the run to its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from setsuden.errors import LedgerError
from setsuden.ledger.channel import OpenedWindow
from setsuden.meter import codes
from setsuden.meter.journal import Journal, describe_loss
from setsuden.meter.recording import Opening
from setsuden.meter.surroundings import Surroundings

if TYPE_CHECKING:
    from setsuden.ledger.channel import ChannelRecord
    from setsuden.ledger.measurement import Flag, Measurement
    from setsuden.ledger.writer import RunWriter
    from setsuden.meter.windows import OpenWindow

_LATEST_S = 0.85  # what a kill may lose is a second; the rest of it is for a thread that wakes late and for the commit
_CHECKPOINT_S = 30.0


class Recorder:
    """Hands windows and samples to the ledger; whatever fails there becomes a remark on the result.

    settings   of the meter: ``ledger``, ``run``, ``kind``, ``tags``, ``config``, ``rate_hz``, ``idle_s``
    latest_s   when what waits must be written, on the elapsed clock
    """

    def __init__(self, name: str, settings: Mapping[str, Any]) -> None:
        self._name = name
        self._settings = settings
        self._opening: Opening | None = None
        self._remarks: list[tuple[str, str]] = []
        self._waits = False
        self._surroundings = Surroundings()
        self._checkpointed_s = 0.0
        self.latest_s = float("inf")
        self.journal = Journal()

    @property
    def run_id(self) -> str | None:
        """Id of the run in the ledger; None when nothing is recorded. Waits for a run that is being begun."""
        run = self.journal.run
        return run.id if run is not None else None

    def open(self, channels: Sequence[ChannelRecord], *, later: bool) -> int:
        """Begin to record, now or where that fails as soon as it can be; returns the number of the first window.

        later   a thread will call ``write_first`` in a moment, and may begin the run
        """
        settings = self._settings
        run: RunWriter | None = settings["run"]
        if run is not None:
            try:
                with run.transaction():
                    self.journal = Journal(run, run.add_channels(channels))
                    return run.next_window_id()
            except LedgerError as error:  # what others write into that run meanwhile decides the numbers
                self.journal = Journal()
                self.remark(codes.NOT_RECORDED, f"Nothing is kept on disk: {error}")
        elif settings["ledger"] is not False:
            self._opening = Opening(
                settings["ledger"],
                channels,
                self._surroundings.folder,
                kind=settings["kind"],
                name=self._name,
                config={"rate_hz": settings["rate_hz"], "idle_s": settings["idle_s"], **(settings["config"] or {})},
                tags=settings["tags"],
            )
            self.journal = Journal(opening=self._opening)
            self._waits = later and self._opening.waits
            if not self._waits:
                self.journal.open()
        return 1

    def begin(self, t_s: float) -> bool:
        """What was read at ``t_s`` is the first to be written; whether that is for the thread to do."""
        self._checkpointed_s, self.latest_s = t_s, t_s + _LATEST_S
        return self._waits

    def write_first(self) -> None:
        """Begin the run, write what there is; not where the ledger failed just now. A run that dies then is there."""
        if self.journal.run is not None:
            self.journal.flush()

    def write_due(self, t_s: float, next_s: float) -> None:
        """Write what waits, if it would be late for it at the next sample in ``next_s`` seconds."""
        if t_s + next_s < self.latest_s:
            return
        self.latest_s = t_s + _LATEST_S
        written = self.journal.flush()
        if written and t_s - self._checkpointed_s >= _CHECKPOINT_S:
            self._checkpointed_s = t_s
            self.journal.checkpoint()

    def catch_up(self) -> None:
        """What a start puts off, outside the measured program's own thread: the disk, changes of the code."""
        self.journal.catch_up()
        if self.journal.run is not None and self._settings["run"] is None:
            self._surroundings.look()

    def opened(self, window: OpenWindow) -> None:
        """Note a window that has begun."""
        begin = window.begin
        self.journal.note(
            OpenedWindow(
                window.window_id, window.name, window.parent_id, window.started_at, begin.t_s, begin.counts(),
                dict(window.attributes), self.journal.first_channel,
            )
        )  # fmt: skip

    def closed(self, measurement: Measurement) -> None:
        """Note a window that has ended."""
        self.journal.note(measurement)

    def remark(self, code: str, detail: str) -> None:
        """Something the reader of the result must know."""
        self._remarks.append((code, detail))

    def flags(self) -> list[Flag]:
        """All remarks so far."""
        from setsuden.ledger.measurement import Flag

        return [Flag(code, detail) for code, detail in self._remarks]

    def finish(self, result: Measurement, about: dict[str, Any], error: BaseException | None) -> Measurement:
        """Close the run with what the meter says about itself; the result, with a flag if anything was lost."""
        own = self._settings["run"] is None
        environment = self._surroundings.complete() if own and self.journal.wanted else {}

        def write(run: RunWriter) -> None:
            lost = {
                "dropped_readings": self.journal.dropped_readings,
                "dropped_notes": self.journal.dropped_notes,
            }
            run.put_document("meter", {**about, **lost})
            if own:
                from setsuden.ledger.writer import status_after

                run.set_environment(environment)
                status, detail = status_after(error)
                run.finish(status, detail=detail, summary=result)

        self.journal.finish(write)
        loss = describe_loss(self.journal)
        if loss is None:
            return result
        from dataclasses import replace

        from setsuden.ledger.measurement import Flag

        return replace(result, flags=(*result.flags, Flag(codes.NOT_RECORDED, loss)))

    def close(self) -> None:
        """Close a ledger that was opened here."""
        if self._opening is not None:
            self._opening.close()
