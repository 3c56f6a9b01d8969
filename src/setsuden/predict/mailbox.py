"""How a measured command tells ``setsuden run`` how far it is: one small file that both hold open.

The command writes how many steps it has done; ``setsuden run`` writes whether to stop. Each side writes its own part in
one piece, and a checksum tells a half-written one.
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
# the budget in grams (0: not given so).
_FORM = struct.Struct("<qqqdddqdqqdd")
_SIZE, _STOP_AT = 128, 104
_STOP = struct.Struct("<qd")  # 1, joules spent


@dataclass(frozen=True, slots=True)
class Note:
    """What the command last wrote.

    at_s      when, on the clock that all processes of a machine share (``time.monotonic``)
    limit_j   a budget of its own, None without one; limit_g: the same in grams, where it was given so
    speeds    of the machine so far, as told by ``speed_of``, a number that stands for the interpreter
    evaluation_steps   training steps that the evaluation after each epoch is as large as; None: not said
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


class Mailbox:
    """The file, from either side; raises InputError when it cannot be opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
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
        """Say how far the command is."""
        evaluation = -1.0 if note.evaluation_steps is None else note.evaluation_steps
        body = _FORM.pack(
            note.steps_total, note.steps_per_epoch or 0, note.steps_done,
            note.paused_s, note.at_s, note.limit_j or 0.0, note.stops,
            note.speeds.total, note.speeds.readings, note.speed_of, evaluation,
            note.limit_g or 0.0,
        )  # fmt: skip
        self._bytes[: _FORM.size + 4] = body + zlib.crc32(body).to_bytes(4, "little")

    def read(self) -> Note | None:
        """What was written last; None before the first time, and for a note that is half-written."""
        found = self._bytes[: _FORM.size + 4]
        body, checksum = found[: _FORM.size], found[_FORM.size :]
        if zlib.crc32(body).to_bytes(4, "little") != checksum:
            return None
        total, per_epoch, done, paused_s, at_s, limit_j, stops, speed, readings, speed_of, like, limit_g = _FORM.unpack(
            body
        )
        return Note(
            total, per_epoch or None, done, paused_s, at_s, limit_j or None, bool(stops),
            Speeds(speed, readings), speed_of, None if like < 0 else like, limit_g or None,
        )  # fmt: skip

    def ask_to_stop(self, spent_j: float) -> None:
        """Ask the command not to begin another step."""
        self._bytes[_STOP_AT : _STOP_AT + _STOP.size] = _STOP.pack(1, spent_j)

    @property
    def asked_to_stop(self) -> float | None:
        """Joules spent when the command was asked to stop; None while it may go on."""
        asked, spent_j = _STOP.unpack(self._bytes[_STOP_AT : _STOP_AT + _STOP.size])
        return spent_j if asked else None

    def close(self, *, remove: bool = False) -> None:
        """Let go of the file; the side that made it removes it."""
        self._bytes.close()
        if remove:
            self.path.unlink(missing_ok=True)
