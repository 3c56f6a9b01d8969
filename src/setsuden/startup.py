"""What an import and a start make is there to stay: looking through it for garbage takes a tenth of their time."""

from __future__ import annotations

import gc


class Uncollected:
    """``with Uncollected():`` the cyclic garbage collector rests, if it was at work, and takes what was made as old."""

    def __enter__(self) -> None:
        self._rested = not gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._rested:
            return
        # Freezing and thawing moves everything to the oldest generation without a look at it. What the program itself
        # has frozen stays so.
        if hasattr(gc, "freeze") and gc.get_freeze_count() == 0:
            gc.freeze()
            gc.unfreeze()
        gc.enable()
