"""Hardware, software and code of a run, completed at its end: packages imported meanwhile, changes not committed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from setsuden.ledger.git_probe import GitProbe


class Surroundings:
    """Asks git in the background, and only for runs that live long enough for a first background sample."""

    def __init__(self) -> None:
        self.folder = os.getcwd()
        self._asked = False
        self._probe: GitProbe | None = None

    def look(self) -> None:
        """Start to look for changes; once, outside the measured program's own thread."""
        if self._asked:
            return
        self._asked = True
        from setsuden.ledger.environment import git_state

        if git_state(self.folder) is not None:
            from setsuden.ledger.git_probe import GitProbe

            self._probe = GitProbe(self.folder)

    def complete(self) -> dict[str, Any]:
        """What is known at the end; git is stopped if it is still busy, and ``dirty`` stays unknown then."""
        from setsuden.ledger.environment import capture

        known = capture(self.folder)
        if self._probe is not None and known["git"] is not None:
            known["git"]["dirty"] = self._probe.finish()
        return known
