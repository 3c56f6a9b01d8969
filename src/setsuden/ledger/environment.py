"""What a run ran on and with: hardware, software, the state of the code. Cheap enough to take at every start."""

from __future__ import annotations

import os
import platform
import sys
from typing import Any

Folder = str | os.PathLike[str]


def capture(folder: Folder | None = None) -> dict[str, Any]:
    """Hardware, software and git state, without host or user names; schema ``run``, field ``environment``.

    folder   where to look for a git repository, default: the working directory
    """
    return {
        "hardware": {
            "machine": platform.machine(),
            "processor": _processor(),
            "logical_cpus": os.cpu_count(),
            "usable_cpus": _usable_cpus(),
            "memory_bytes": _memory_bytes(),
        },
        "software": {
            "system": platform.system(),
            "kernel": platform.release(),
            "python": platform.python_version(),
            "implementation": platform.python_implementation(),
            "packages": packages(),
        },
        "git": git_state(folder),
    }


def identity(folder: Folder | None = None) -> dict[str, Any]:
    """Who and where (default: the working directory): left out of exports unless asked for."""
    return {
        "host": platform.node(),
        "user": os.environ.get("USER") or os.environ.get("USERNAME"),
        "folder": os.fspath(folder or os.getcwd()),
    }


def packages() -> dict[str, str]:
    """Versions of the packages this process has imported so far; nothing is imported to find out."""
    found: dict[str, str] = {}
    for name in sys.modules.keys() - sys.stdlib_module_names:
        if "." in name or name.startswith("_"):
            continue
        version = getattr(sys.modules.get(name), "__dict__", {}).get("__version__")
        if isinstance(version, str):
            found[name] = version
    return dict(sorted(found.items()))


def git_state(folder: Folder | None = None) -> dict[str, Any] | None:
    """Commit and branch read from the repository's own files; None outside a repository.

    ``dirty`` is None here: only git itself can tell, see ``setsuden.ledger.git_probe``.
    """
    place = os.path.abspath(folder or os.getcwd())
    while not os.path.exists(os.path.join(place, ".git")):
        place, below = os.path.dirname(place), place
        if place == below:
            return None
    return _read_git(os.path.join(place, ".git"))


def _read_git(dot_git: str) -> dict[str, Any] | None:
    try:
        if os.path.isfile(dot_git):  # a worktree or a submodule points elsewhere
            dot_git = os.path.join(os.path.dirname(dot_git), _text(dot_git).partition(":")[2].strip())
        head = _text(os.path.join(dot_git, "HEAD"))
        if not head.startswith("ref:"):
            return {"commit": head, "branch": None, "dirty": None}
        reference = head.partition(":")[2].strip()
        return {"commit": _resolve(dot_git, reference), "branch": reference.removeprefix("refs/heads/"), "dirty": None}
    except OSError:
        return None


def _resolve(dot_git: str, reference: str) -> str | None:
    shared = os.path.join(dot_git, "commondir")
    common = os.path.join(dot_git, _text(shared)) if os.path.isfile(shared) else dot_git
    for root in (dot_git, common):
        loose = os.path.join(root, reference)
        if os.path.isfile(loose):
            return _text(loose)
    packed = os.path.join(common, "packed-refs")
    if os.path.isfile(packed):
        for line in _text(packed).splitlines():
            commit, _, name = line.partition(" ")
            if name == reference:
                return commit
    return None


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read().strip()


def _processor() -> str | None:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or None


def _usable_cpus() -> int | None:
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return os.cpu_count()


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
