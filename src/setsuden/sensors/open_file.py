"""A file that stays open and is read anew with one system call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setsuden.sensors.host import Files

if TYPE_CHECKING:
    from setsuden.sensors.place import Place


class OpenFile:
    """Opened at the first read, kept open, opened again after a failure, an empty read or when the file was exchanged.

    A descriptor on a file that was removed goes on giving its last content on some file systems; so where the content
    has not changed since the last read, and only there, the file is checked to be still in its place.
    """

    def __init__(self, files: Files, path: Place) -> None:
        self.path = path
        self._files = files
        self._descriptor: int | None = None
        self._last = b""

    def read(self) -> bytes:
        """The content (at most 4096 bytes); raises OSError when it is absent, unreadable or the hardware is gone."""
        content = self._once()
        if content == self._last and self._descriptor is not None and self._files.replaced(self._descriptor, self.path):
            self.close()
            content = self._once()
        if not content:
            self.close()
        self._last = content
        return content

    def taken(self) -> bytes | OSError:
        """The content, or why there is none."""
        try:
            return self.read()
        except OSError as error:
            return error

    def number(self) -> int:
        """The whole number in it; raises OSError, or ValueError for an empty or unreadable one."""
        return int(self.read())

    def close(self) -> None:
        """Release the descriptor; the next read opens the file again."""
        if self._descriptor is not None:
            self._files.close(self._descriptor)
            self._descriptor = None

    def _once(self) -> bytes:
        if self._descriptor is None:
            self._descriptor = self._files.open(self.path)
        try:
            return self._files.pread(self._descriptor)
        except OSError:
            self.close()
            raise
