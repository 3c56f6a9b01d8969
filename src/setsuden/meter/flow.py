"""Which windows are around the code that asks: per thread and, in asyncio, per task and what it was started in."""

from __future__ import annotations

import sys
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from setsuden.meter.windows import OpenWindow

# Windows of this flow that were open when it last began one; a task begins with those of the task that made it.
_around: ContextVar[tuple[OpenWindow, ...]] = ContextVar("setsuden_windows", default=())


class Flows:
    """The open windows of one meter by thread, each with the task that began it."""

    def __init__(self) -> None:
        self._stacks: dict[int, list[tuple[OpenWindow, Any]]] = {}

    def enter(self, window: OpenWindow) -> None:
        """A window has begun here."""
        here = self._stacks.setdefault(threading.get_ident(), [])
        here.append((window, _task()))
        known = {id(open_one) for open_one, _ in here}
        _around.set((*(before for before in _around.get() if id(before) in known), window))

    def leave(self, window: OpenWindow) -> None:
        """It has ended, wherever."""
        for ident, stack in list(self._stacks.items()):
            stack[:] = [entry for entry in stack if entry[0] is not window]
            if not stack:
                del self._stacks[ident]

    def innermost(self) -> OpenWindow | None:
        """The window that this thread began last, but for those of tasks that go on beside this one."""
        around = _around.get()
        for window, task in self._stacks.get(threading.get_ident(), [])[::-1]:
            if task is None or task.done() or any(window is one for one in around):
                return window
        return None


def _task() -> Any:
    """The asyncio task that runs; None without one. asyncio is not loaded for it."""
    asyncio = sys.modules.get("asyncio")
    try:
        return None if asyncio is None else asyncio.current_task()
    except RuntimeError:  # no loop runs in this thread
        return None
