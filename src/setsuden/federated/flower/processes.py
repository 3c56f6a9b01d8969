"""Processes of a Flower run: started with an environment that marks them, and all of them ended, whatever happens."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from setsuden.errors import SetsudenError
from setsuden.federated.flower import bundle, keeper

_SHOWN_LINES = 15


class Brood:
    """All processes of one run. ``folder`` is private to it and marks them through their environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        home = keeper.home(folder)
        home.mkdir()
        scripts = sysconfig.get_path("scripts")
        self.environment: Mapping[str, str] = {
            **os.environ,
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), scripts, os.environ.get("PATH", ""))),
            "PYTHONPATH": os.pathsep.join(path for path in (os.getcwd(), *sys.path) if path),
            keeper.MARK: str(home),
            "FLWR_TELEMETRY_ENABLED": "0",
            "FLWR_DISABLE_UPDATE_CHECK": "1",
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
            "OMP_NUM_THREADS": "1",
            bundle.TASK_FOLDER: str(folder),
        }
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        self._keeper = subprocess.Popen(
            [sys.executable, "-P", keeper.__file__, str(folder)],
            env={name: value for name, value in self.environment.items() if name != keeper.MARK},
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def start(self, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start a process; what it prints goes to ``NAME.log`` in the folder."""
        with self.log(name).open("wb") as log:
            process = subprocess.Popen(
                list(command), env=dict(self.environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self._started[name] = process
        return process

    def lost(self) -> SetsudenError | None:
        """What to raise where a process has ended, with the end of its log; None while all run."""
        for name, process in self._started.items():
            if process.poll() is not None:
                return SetsudenError(
                    f"{name} ended with exit code {process.returncode}: {self.last_words(name)}", place="flower"
                )
        return None

    def log(self, name: str) -> Path:
        """Where a process prints."""
        return self.folder / f"{name}.log"

    def last_words(self, name: str) -> str:
        """The last lines of its log."""
        lines = self.log(name).read_text(encoding="utf-8", errors="replace").splitlines()
        return " | ".join(line.strip() for line in lines[-_SHOWN_LINES:] if line.strip())

    def end(self) -> None:
        """End every process of this run by its id: politely, then for good."""
        keeper.end(self.folder)
        for process in self._started.values():
            process.wait(timeout=keeper.PATIENCE_S)
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        self._keeper.wait(timeout=keeper.PATIENCE_S)

    def members(self) -> list[psutil.Process]:
        """Processes of this run that still run, those that cut themselves loose from their parents included."""
        return keeper.members(self.folder)


@contextmanager
def brood(folder: Path) -> Iterator[Brood]:
    """Processes that are all ended at the end, also after an error."""
    processes = Brood(folder)
    try:
        yield processes
    finally:
        processes.end()


def program(name: str) -> str:
    """The path of one of Flower's programs, beside this Python first."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.is_file() else shutil.which(name)
    if found is None:
        raise SetsudenError(f"the program {name} is not here", remedy='Install it with: pip install "setsuden[flower]"')
    return found


def free_ports(count: int) -> list[int]:
    """Ports on loopback that nobody listens at now."""
    opened = [socket.socket() for _ in range(count)]
    try:
        for one in opened:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in opened]
    finally:
        for one in opened:
            one.close()
