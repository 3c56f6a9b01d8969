"""A small process beside a run: when the caller ends, however it ends, it ends what the caller had started.

Run as a file of its own (``python -P keeper.py FOLDER``), because importing the package would import Flower. The
caller holds the other end of its standard input; a caller that is killed lets go of it, on any system.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

# The environment variable by which the processes of a run are known; every one inherits it.
MARK = "FLWR_HOME"
PATIENCE_S = 5.0


def home(folder: Path) -> Path:
    """Flower's own folder within that of a run, which marks the run's processes."""
    return folder / "flwr"


def members(folder: Path) -> list[psutil.Process]:
    """Processes of a run that still run, those that cut themselves loose from their parents included."""
    mark, found = str(home(folder)), []
    for process in psutil.process_iter():
        with _gone():
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def end(folder: Path) -> None:
    """End every process of a run by its id: politely, then for good."""
    for signalled, patience_s in ((psutil.Process.terminate, PATIENCE_S), (psutil.Process.kill, PATIENCE_S)):
        deadline = time.monotonic() + patience_s
        left = members(folder)
        for member in left:
            with _gone():
                signalled(member)
        while left and time.monotonic() < deadline:
            psutil.wait_procs(left, timeout=0.2)
            left = members(folder)
        if not left:
            break


@contextmanager
def _gone() -> Iterator[None]:
    try:
        yield
    except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
        return


def main() -> None:
    """Wait for the end of the caller, then end its processes and remove the folder of the run."""
    folder = Path(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the caller, which ends properly
    while os.read(sys.stdin.fileno(), 1):
        pass
    end(folder)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
