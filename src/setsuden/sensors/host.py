"""The machine as the sensors see it: roots of ``/sys`` and ``/proc``, a clock, files, the NVML module.

Every probe reads through a ``Host``, so a fake tree is another ``Host`` and nothing needs to be patched.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from setsuden.errors import SensorError
from setsuden.sensors.place import Folder
from setsuden.tuples import NamedTuple

if TYPE_CHECKING:
    from setsuden.sensors.place import Place


class Clock(Protocol):
    """Three clocks, because each answers another question."""

    def elapsed(self) -> float:
        """Seconds on a clock that nobody can set; stands still while the machine sleeps where the system allows."""
        ...

    def since_boot(self) -> float:
        """The same, going on while the machine sleeps; equal to ``elapsed`` where the system has no such clock."""
        ...

    def utc(self) -> datetime:
        """Time of day, for pricing by the hour, never for durations."""
        ...


class SystemClock:
    """The clocks of this machine: ``time.monotonic``, on Linux ``CLOCK_BOOTTIME`` beside it, and ``datetime``.

    The system's own functions, not wrapped: every sample asks two of them.
    """

    elapsed = staticmethod(time.monotonic)
    if sys.platform == "linux":
        since_boot = staticmethod(partial(time.clock_gettime, time.CLOCK_BOOTTIME))
    else:
        since_boot = staticmethod(time.monotonic)

    def utc(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)


class Files:
    """Opening and reading files; tests put one in its place that fails on demand."""

    def open(self, path: Place) -> int:
        """A descriptor for reading; raises OSError."""
        return os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))

    def pread(self, descriptor: int) -> bytes:
        """The first 4096 bytes, read anew from the start in one system call; raises OSError."""
        return os.pread(descriptor, 4096, 0)

    def replaced(self, descriptor: int, path: Place) -> bool:
        """Whether the path no longer leads to the file behind the descriptor."""
        try:
            now = os.stat(path)
        except OSError:
            return True
        return not os.path.samestat(now, os.fstat(descriptor))

    def removed(self, descriptor: int) -> bool:
        """Whether the file behind the descriptor has been removed or another has taken its name."""
        return os.fstat(descriptor).st_nlink == 0

    def close(self, descriptor: int) -> None:
        """Give the descriptor back."""
        os.close(descriptor)

    def names(self, folder: Place) -> list[str]:
        """Sorted names in a folder; raises OSError."""
        return sorted(os.listdir(folder))

    def text(self, path: Place) -> str:
        """All of a small text file, stripped; raises OSError."""
        descriptor = self.open(path)
        try:
            return self._all(descriptor).decode("utf-8", "replace").strip()
        finally:
            self.close(descriptor)

    @staticmethod
    def _all(descriptor: int) -> bytes:
        pieces = []
        while piece := os.read(descriptor, 1 << 16):
            pieces.append(piece)
        return b"".join(pieces)


class NvmlUnavailableError(SensorError):
    """There is no NVIDIA driver library here, or it does not start; the message says which."""


def _put_first() -> list[str]:
    """Folders that somebody put before all installed packages."""
    return [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]


def load_nvml() -> Any:
    """The ``pynvml`` module, imported only where the driver's library loads; else NvmlUnavailableError.

    Trying the library first costs a fraction of a millisecond and spares the import on machines without a GPU. Where
    the program has imported the module already, that one is used.
    """
    loaded = sys.modules.get("pynvml")
    if loaded is not None:
        return loaded
    import ctypes

    library = "nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1"
    try:
        ctypes.CDLL(library)
    except OSError:
        if any(os.path.exists(os.path.join(folder, "pynvml.py")) for folder in _put_first()):
            import pynvml  # a stand-in for the whole module, which needs no library

            return pynvml
        raise NvmlUnavailableError(f"the NVIDIA driver library {library} is not installed") from None
    import pynvml

    return pynvml


class AmdSmiUnavailableError(SensorError):
    """There is no ``amdsmi`` module here, or it does not load."""


def load_amdsmi() -> Any:
    """The ``amdsmi`` module, which AMD ships with its driver; else AmdSmiUnavailableError."""
    try:
        import amdsmi
    except (ImportError, OSError, RuntimeError, AttributeError, KeyError) as error:
        raise AmdSmiUnavailableError(f"the Python module amdsmi does not load ({error})") from None
    return amdsmi


def open_energy_meters() -> list[Any]:
    """The meters that Windows shows, see ``setsuden.sensors.emi``; raises OSError where they may not be opened."""
    from setsuden.sensors.emi_device import open_devices

    return list(open_devices())


class Host(NamedTuple):
    """Where to look.

    sysfs, procfs  roots of the two file systems
    clock       elapsed time, time since boot, time of day
    files       how files are opened and read
    nvml        returns the NVML module or raises NvmlUnavailableError; called at most once per discovery
    environ     environment variables (``CUDA_VISIBLE_DEVICES``)
    platform    ``sys.platform``
    pid         the process whose own share is reported; None: this one
    amdsmi      returns the AMD SMI module or raises AmdSmiUnavailableError; called only where the driver is loaded
    energy_meters  opens the meters that Windows shows, or raises OSError; called at most once per discovery
    cache       folder for what was looked up before; None: keep nothing
    """

    sysfs: Place = Folder("/sys")
    procfs: Place = Folder("/proc")
    clock: Clock = SystemClock()
    files: Files = Files()
    nvml: Callable[[], Any] = load_nvml
    environ: Mapping[str, str] = os.environ
    platform: str = sys.platform
    pid: int | None = None
    cache: str | os.PathLike[str] | None = None
    energy_meters: Callable[[], list[Any]] = open_energy_meters
    amdsmi: Callable[[], Any] = load_amdsmi

    def text(self, path: Place) -> str | None:
        """A small text file, stripped; None when it is absent or unreadable."""
        try:
            return self.files.text(path)
        except OSError:
            return None

    def number(self, path: Place) -> int | None:
        """The whole number in a file; None when it is absent, unreadable or not a number."""
        text = self.text(path)
        try:
            return int(text) if text else None
        except ValueError:
            return None

    def names(self, folder: Place) -> list[str]:
        """Sorted names in a folder; empty when it is absent or unreadable."""
        try:
            return self.files.names(folder)
        except OSError:
            return []
