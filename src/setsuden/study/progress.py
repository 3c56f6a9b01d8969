"""What a waiting person sees on stderr: one line that is rewritten in a terminal, plain lines in a pipe."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TextIO

from setsuden.language import Language, Messages
from setsuden.language.columns import cut

_PIPE_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a study stands.

    phase        key of the language table: idle, profile, measure, quality
    done, total  windows of this phase; total counts what is planned now and may shrink or grow
    left_s       seconds of the budget left, None without one
    joules       drawn since the study began
    current      configuration at work
    """

    phase: str
    done: int
    total: int
    left_s: float | None
    joules: float
    current: str


class Progress(Protocol):
    """Something that is told where the study stands."""

    @property
    def language(self) -> Language:
        """Of what it shows."""
        ...

    def show(self, standing: Standing) -> None:
        """Called before each window."""
        ...

    def finish(self) -> None:
        """Called once at the end, also after an error."""
        ...


class Silent:
    """Shows nothing."""

    language: Language = "en"

    def show(self, standing: Standing) -> None:
        """Nothing."""

    def finish(self) -> None:
        """Nothing."""


class Line:
    """Writes to a stream.

    stream    stderr; a terminal gets one line that is rewritten, anything else a new line at most every 10 s
    seconds   elapsed clock
    """

    def __init__(self, stream: TextIO, seconds: Callable[[], float], language: Language = "en") -> None:
        self._stream = stream
        self._seconds = seconds
        self.language: Language = language
        self._messages = Messages("study", language)
        self._terminal = stream.isatty()
        self._last_s: float | None = None
        self._last_phase = ""
        self._open = False

    def show(self, standing: Standing) -> None:
        """Rewrite the line, or add one when it is due or a new phase begins."""
        text = self.text(standing)
        if self._terminal:
            self._stream.write("\r\x1b[2K" + cut(text, max(20, shutil.get_terminal_size().columns - 1)))
            self._open = True
        else:
            now_s = self._seconds()
            due = self._last_s is None or now_s - self._last_s >= _PIPE_EVERY_S
            if not due and standing.phase == self._last_phase:
                return
            self._last_s, self._last_phase = now_s, standing.phase
            self._stream.write(text + "\n")
        self._stream.flush()

    def finish(self) -> None:
        """Leave the terminal on a clean line."""
        if self._open:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()
            self._open = False

    def text(self, standing: Standing) -> str:
        """The line itself."""
        say = self._messages.say
        parts = [say(f"phase.{standing.phase}"), f"{standing.done}/{standing.total}"]
        if standing.left_s is not None:
            minutes, seconds = divmod(round(max(0.0, standing.left_s)), 60)
            parts.append(say("progress.left", time=f"{minutes}:{seconds:02d}"))
        parts.append(f"{standing.joules:,.0f} J")
        if standing.current:
            parts.append(standing.current)
        return "  ".join(parts)
