"""Whether the working tree differs from its commit, found out beside the program and never waited for."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress


class GitProbe:
    """``git status`` in a process of its own: start it, ask later, kill it if it is not done by the end."""

    def __init__(self, folder: str) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        with suppress(OSError):  # no git here: dirty stays unknown
            self._process = subprocess.Popen(
                ["git", "status", "--porcelain", "--untracked-files=no"],
                cwd=folder,
                env=dict(os.environ, GIT_OPTIONAL_LOCKS="0"),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )

    def finish(self) -> bool | None:
        """Whether tracked files are changed; None when git is absent, failed or is still busy (it is stopped then)."""
        process, self._process = self._process, None
        if process is None:
            return None
        unfinished = process.poll() is None
        if unfinished:
            process.kill()
        output, _ = process.communicate()
        return None if unfinished or process.returncode else bool(output.strip())
