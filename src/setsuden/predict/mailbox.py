"""How a measured command tells ``setsuden run`` how far it is: one small file that both hold open.

The command writes how many steps it has done; ``setsuden run`` writes whether to stop. Each side writes its own part in
one piece, and a checksum tells a half-written one. Every training of the command has a slot of its own, until seven
others have begun: what it wrote last is still there when the next one has. One that goes on keeps it while others end.
"""

from __future__ import annotations

import mmap
import os
import struct
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from setsuden.errors import InputError
from setsuden.predict.speed import NONE, Speeds

VARIABLE = "SETSUDEN_PROGRESS"
"""Environment variable that names the file."""
# Steps in all, per epoch (0: not said), done; seconds paused, moment; budget in joules (0: none), whether it stops;
# speeds: their sum, their number, checksum of what tells them; steps that an evaluation is as large as (-1: not said);
# the budget in grams (0: not given so); the moment at which the training began, whether it is over, its name.
_NAME = 64  # bytes
_FORM = struct.Struct(f"<qqqdddqdqqdddq{_NAME}s")
_SLOTS, _SLOT = 8, 192
_STOP = struct.Struct("<qdd")  # 1, joules spent, which training by its begin (below 0: all)
_STOP_AT = _SLOTS * _SLOT
_SIZE = _STOP_AT + _STOP.size


@dataclass(frozen=True, slots=True)
class Note:
    """What the command last wrote.

    at_s      when, on the clock that all processes of a machine share (``time.monotonic``)
    limit_j   a budget of its own, None without one; limit_g: the same in grams, where it was given so
    speeds    of the machine so far, as told by ``speed_of``, a number that stands for the interpreter
    evaluation_steps   training steps that the evaluation after each epoch is as large as; None: not said
    begun_s   when the training began, on the same clock; tells it from others of the command
    over      whether the training has ended
    name      of the training, at most 64 bytes are kept; empty: that of the command
    """

    steps_total: int
    steps_per_epoch: int | None
    steps_done: int
    paused_s: float
    at_s: float
    limit_j: float | None = None
    stops: bool = False
    speeds: Speeds = NONE
    speed_of: int = 0
    evaluation_steps: float | None = None
    limit_g: float | None = None
    begun_s: float = 0.0
    over: bool = False
    name: str = ""


class Mailbox:
    """The file, from either side; raises InputError when it cannot be opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._slot: int | None = None
        try:
            with path.open("r+b") as file:
                self._bytes = mmap.mmap(file.fileno(), _SIZE)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is too short"
            raise InputError(
                f"the file for progress cannot be opened ({reason})", place=VARIABLE, value=str(path),
                remedy="It is made by `setsuden run`; unset the variable outside it.",
            ) from None  # fmt: skip

    @classmethod
    def make(cls) -> Mailbox:
        """A new one in the folder for temporary files."""
        number, name = tempfile.mkstemp(prefix="setsuden-progress-")
        os.write(number, bytes(_SIZE))
        os.close(number)
        return cls(Path(name))

    def write(self, note: Note) -> None:
        """Say how far the command is; the first time in the slot begun longest ago, among any that are over."""
        if self._slot is None:
            notes = map(self._read, range(_SLOTS))
            taken = [(False, -1.0) if note is None else (not note.over, note.begun_s) for note in notes]
            self._slot = taken.index(min(taken))
        evaluation = -1.0 if note.evaluation_steps is None else note.evaluation_steps
        body = _FORM.pack(
            note.steps_total, note.steps_per_epoch or 0, note.steps_done,
            note.paused_s, note.at_s, note.limit_j or 0.0, note.stops,
            note.speeds.total, note.speeds.readings, note.speed_of, evaluation,
            note.limit_g or 0.0, note.begun_s, note.over, note.name.encode()[:_NAME],
        )  # fmt: skip
        at = self._slot * _SLOT
        self._bytes[at : at + _FORM.size + 4] = body + zlib.crc32(body).to_bytes(4, "little")

    def read(self) -> list[Note]:
        """What each training wrote last, the one that began first before the others; no note that is half-written."""
        found = (self._read(slot) for slot in range(_SLOTS))
        return sorted((note for note in found if note is not None), key=lambda note: note.begun_s)

    def _read(self, slot: int) -> Note | None:
        at = slot * _SLOT
        body, checksum = self._bytes[at : at + _FORM.size], self._bytes[at + _FORM.size : at + _FORM.size + 4]
        if zlib.crc32(body).to_bytes(4, "little") != checksum:
            return None
        (
            total, per_epoch, done, paused_s, at_s, limit_j, stops,
            speed, readings, speed_of, like, limit_g, begun_s, over, name,
        ) = _FORM.unpack(body)  # fmt: skip
        return Note(
            total, per_epoch or None, done, paused_s, at_s, limit_j or None, bool(stops),
            Speeds(speed, readings), speed_of, None if like < 0 else like, limit_g or None, begun_s,
            bool(over), name.rstrip(b"\0").decode(errors="ignore"),
        )  # fmt: skip

    def ask_to_stop(self, spent_j: float, begun_s: float = -1.0) -> None:
        """Ask the training that began then, or all of the command, not to begin another step."""
        self._bytes[_STOP_AT:_SIZE] = _STOP.pack(1, spent_j, begun_s)

    def asked_to_stop(self, begun_s: float) -> float | None:
        """Joules spent when the training that began then was asked to stop; None while it may go on."""
        asked, spent_j, which = _STOP.unpack(self._bytes[_STOP_AT:_SIZE])
        return spent_j if asked and which in (-1.0, begun_s) else None

    def close(self, *, remove: bool = False) -> None:
        """Let go of the file; the side that made it removes it."""
        self._bytes.close()
        if remove:
            self.path.unlink(missing_ok=True)
