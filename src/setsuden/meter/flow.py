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
    """The open windows of one meter by thread, oldest first, each with the task that began it."""

    def __init__(self) -> None:
        self._begun: dict[int, dict[OpenWindow, Any]] = {}

    def enter(self, window: OpenWindow) -> None:
        """A window has begun here."""
        self._begun.setdefault(threading.get_ident(), {})[window] = _task()
        _around.set((*(before for before in _around.get() if not before.ended), window))

    def leave(self, window: OpenWindow) -> None:
        """It has ended, wherever."""
        window.ended = True
        for ident, begun in self._begun.items():
            if window in begun:
                del begun[window]
                if not begun:
                    del self._begun[ident]
                return

    def innermost(self) -> OpenWindow | None:
        """The window that this thread began last, but for those of tasks that go on beside this one."""
        around = _around.get()
        for window, task in reversed(self._begun.get(threading.get_ident(), {}).items()):
            if task is None or window in around or task.done():
                return window
        return None


def _task() -> Any:
    """The asyncio task that runs; None without one. asyncio is not loaded for it."""
    asyncio = sys.modules.get("asyncio")
    try:
        return None if asyncio is None else asyncio.current_task()
    except RuntimeError:  # no loop runs in this thread
        return None
