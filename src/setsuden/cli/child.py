"""Running a command as if we were not there: its streams, its signals, its exit code."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

if sys.platform != "win32":
    import resource

NOT_FOUND, NOT_EXECUTABLE = 127, 126
LOOK_S = 0.25


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended.

    exit_code         as a shell would give it: 128 + number for a signal
    user_s, system_s  CPU seconds of the command and of all its descendants that were waited for; None where unknown
    max_rss_bytes     largest resident set of one of them
    killed_by         the signal that ended it, None where it ended by itself
    """

    exit_code: int
    user_s: float | None
    system_s: float | None
    max_rss_bytes: int | None
    killed_by: int | None = None


def unusable(command: Sequence[str]) -> int | None:
    """Exit code of a shell for a command that cannot be started; None when it can."""
    if shutil.which(command[0]) is not None:
        return None
    return NOT_EXECUTABLE if os.path.exists(command[0]) else NOT_FOUND


def run_child(
    command: Sequence[str],
    *,
    stdout_to_stderr: bool = False,
    environment: Mapping[str, str] | None = None,
    meanwhile: Callable[[subprocess.Popen[bytes]], float | None] | None = None,
) -> Ended:
    """Run a command to its end; SIGTERM and SIGHUP are passed on, SIGINT reaches it from the terminal itself.

    environment   variables it gets besides ours
    meanwhile     called while it runs: first after LOOK_S seconds, then after as many as it returned (None: LOOK_S)
    """
    before = _children()
    stdout = sys.stderr.fileno() if stdout_to_stderr else None
    variables = {**os.environ, **(environment or {})}
    with subprocess.Popen(list(command), stdout=stdout, env=variables) as child, _passing_signals(child):
        wait_s = LOOK_S
        while meanwhile is not None and not _ended_within(child, wait_s):
            wait_s = meanwhile(child) or LOOK_S
        code = child.wait()
    after = _children()
    exit_code, killed_by = (128 - code, -code) if code < 0 else (code, None)
    if before is None or after is None:
        return Ended(exit_code, None, None, None, killed_by)
    return Ended(exit_code, after[0] - before[0], after[1] - before[1], after[2], killed_by)


def _ended_within(child: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether it ends in that time; waits on the process itself where the system can, since polling costs."""
    try:
        handle = os.pidfd_open(child.pid)
    except (AttributeError, OSError):  # another system, or an old kernel
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)


@contextmanager
def _passing_signals(child: subprocess.Popen[bytes]) -> Iterator[None]:
    def forward(number: int, _: FrameType | None) -> None:
        child.send_signal(number)

    def leave_to_child(_: int, __: FrameType | None) -> None:
        """The terminal has sent it to the child as well."""

    wanted = {signal.SIGINT: leave_to_child, signal.SIGTERM: forward}
    if hasattr(signal, "SIGHUP"):
        wanted[signal.SIGHUP] = forward
    previous = {number: signal.signal(number, handler) for number, handler in wanted.items()}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _children() -> tuple[float, float, int] | None:
    if sys.platform == "win32":
        return None
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_utime, usage.ru_stime, usage.ru_maxrss * unit
