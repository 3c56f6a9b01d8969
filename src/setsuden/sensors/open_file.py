"""A file that stays open and is read anew with one system call."""

from __future__ import annotations

import time
from collections.abc import Sequence
from operator import eq
from typing import TYPE_CHECKING

from setsuden.sensors.host import Files

if TYPE_CHECKING:
    from setsuden.sensors.place import Place

# For so long files are taken to be in their place: making sure takes more system calls for each.
_SURE_S = 0.25

# A file that is being written anew is empty for a moment: it is read again after these.
_MOMENTS_S = (0.0003, 0.001, 0.003)


class OpenFile:
    """Opened at the first read, kept open, opened again after a failure, an empty read or when the file was exchanged.

    A descriptor on a file that was removed goes on giving its last content on some file systems; so where the content
    has not changed since the last read, the file is checked to be still in its place.
    """

    def __init__(self, files: Files, path: Place) -> None:
        self.path = path
        self._files = files
        self._descriptor: int | None = None
        self._last = b""

    def read(self, *, sure: bool = False) -> bytes:
        """The content (at most 4096 bytes); raises OSError when it is absent, unreadable or the hardware is gone.

        sure   a file that was removed or exchanged is noticed even where the content has changed meanwhile
        """
        descriptor = self._descriptor
        if descriptor is None:
            descriptor = self._descriptor = self._files.open(self.path)
        try:
            content = self._files.pread(descriptor)
        except OSError:
            self.close()
            raise
        # What is there and new needs no second look; most reads of a sampler that woke up end here.
        if content and content != self._last and not sure:
            self._last = content
            return content
        return self._looked_at_again(content, sure)

    def taken(self, *, sure: bool = False) -> bytes | OSError:
        """The content, or why there is none."""
        try:
            return self.read(sure=sure)
        except OSError as error:
            return error

    @property
    def descriptor(self) -> int | None:
        """While it is open, of the file that is in its place as far as is known."""
        return self._descriptor

    def seen(self, content: bytes) -> None:
        """Somebody else has read this through ``descriptor`` since."""
        self._last = content

    def number(self) -> int:
        """The whole number in it; raises OSError, or ValueError for an empty or unreadable one."""
        return int(self.read())

    def close(self) -> None:
        """Release the descriptor; the next read opens the file again."""
        if self._descriptor is not None:
            self._files.close(self._descriptor)
            self._descriptor = None

    def _looked_at_again(self, content: bytes, sure: bool) -> bytes:
        if self._elsewhere(content, sure):
            self.close()
            content = self._once()
        if not content:
            content = self._again()
        self._last = content
        return content

    def _elsewhere(self, content: bytes, sure: bool) -> bool:
        """Whether the descriptor leads to a file that is no longer in its place."""
        if self._descriptor is None:
            return False
        if content == self._last:
            return self._files.replaced(self._descriptor, self.path)
        return sure and self._files.removed(self._descriptor)

    def _again(self) -> bytes:
        """The content of a file that was empty, which may just be being written."""
        for moment_s in _MOMENTS_S:
            self.close()
            time.sleep(moment_s)
            if content := self._once():
                return content
        self.close()
        return b""

    def _once(self) -> bytes:
        if self._descriptor is None:
            self._descriptor = self._files.open(self.path)
        try:
            return self._files.pread(self._descriptor)
        except OSError:
            self.close()
            raise


class OpenFiles:
    """Files that are read together, each with one system call.

    A sampler that wakes up pays for every frame, so the loop over ``descriptors`` is its own. What that finds stands
    before ``due_s`` if it met no error and no empty file; else ``looked_after`` says what the files hold. No files at
    all are never due.
    """

    __slots__ = ("_files", "_group", "_last", "descriptors", "due_s")

    def __init__(self, files: Files, group: Sequence[OpenFile]) -> None:
        self._files = files
        self._group = group
        self._last: Sequence[bytes | OSError] = ()
        self.descriptors: tuple[int, ...] = ()
        self.due_s = float("-inf") if group else float("inf")

    def looked_after(self, t_s: float, found: Sequence[bytes | OSError] = ()) -> Sequence[bytes | OSError]:
        """What each file holds now, or why it cannot be read.

        found   what reading ``descriptors`` gave; it stands where all files are in their place
        """
        last, whole = self._last, len(found) == len(self._group) and all(found)
        if not whole or any(map(eq, found, last)) or any(map(self._files.removed, self.descriptors)):
            found = self._one_by_one(last)
        self._last = found
        self.due_s = t_s + _SURE_S if self.descriptors else float("-inf")
        return found

    def close(self) -> None:
        """Release them."""
        self.descriptors, self.due_s = (), float("-inf")
        for file in self._group:
            file.close()

    def _one_by_one(self, last: Sequence[bytes | OSError]) -> list[bytes | OSError]:
        for file, content in zip(self._group, last, strict=False):
            if isinstance(content, bytes):
                file.seen(content)
        found = [file.taken(sure=True) for file in self._group]
        descriptors = [file.descriptor for file in self._group if file.descriptor is not None]
        # Fakes that fail on demand are asked for every read.
        whole = type(self._files) is Files and len(descriptors) == len(found)
        self.descriptors = tuple(descriptors) if whole else ()
        return found
