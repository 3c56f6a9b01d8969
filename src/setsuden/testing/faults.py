"""Files that fail on demand: permission denied, I/O errors on an open descriptor, empty content."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from setsuden.sensors.host import Files

if TYPE_CHECKING:
    from setsuden.sensors.place import Place


class FaultyFiles(Files):
    """Like ``Files``, with faults injected per path; permission faults hold for root too."""

    def __init__(self) -> None:
        self.opened: list[Path] = []
        self.reads = 0
        self._faults: dict[Path, int] = {}
        self._empty: set[Path] = set()
        self._rewritten: set[Path] = set()
        self._paths: dict[int, Path] = {}

    def deny(self, path: Path) -> None:
        """Opening, reading and listing it fails with EACCES."""
        self._faults[path] = errno.EACCES

    def fail(self, path: Path, code: int = errno.EIO) -> None:
        """Opening and reading it, also through an open descriptor, fails with ``code``."""
        self._faults[path] = code

    def empty(self, path: Path) -> None:
        """Reading it gives nothing."""
        self._empty.add(path)

    def rewrite(self, path: Path) -> None:
        """Reading it gives nothing once, as while a program writes it anew."""
        self._rewritten.add(path)

    def heal(self, path: Path) -> None:
        """Take the fault away."""
        self._faults.pop(path, None)
        self._empty.discard(path)

    def open(self, path: Place) -> int:
        """As ``Files.open``."""
        path = Path(path)
        self._check(path)
        descriptor = super().open(path)
        self.opened.append(path)
        self._paths[descriptor] = path
        return descriptor

    def pread(self, descriptor: int) -> bytes:
        """As ``Files.pread``."""
        path = self._paths[descriptor]
        self._check(path)
        self.reads += 1
        if path in self._rewritten:
            self._rewritten.discard(path)
            return b""
        return b"" if path in self._empty else super().pread(descriptor)

    def close(self, descriptor: int) -> None:
        """As ``Files.close``."""
        del self._paths[descriptor]
        super().close(descriptor)

    def names(self, folder: Place) -> list[str]:
        """As ``Files.names``."""
        self._check(Path(folder))
        return super().names(folder)

    @property
    def open_paths(self) -> list[Path]:
        """What is open now; nothing should be after a sensor was closed."""
        return sorted(self._paths.values())

    def _check(self, path: Path) -> None:
        code = self._faults.get(path)
        if code is not None:
            raise OSError(code, os.strerror(code), str(path))
