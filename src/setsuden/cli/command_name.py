"""What a measured command is called: its first word, or the script or module that an interpreter runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_PYTHON = re.compile(r"python[\d.]*(\.exe)?")
_WITH_VALUE = ("-W", "-X", "--check-hash-based-pycs")


def named_after(command: Sequence[str]) -> str:
    """``train.py`` of ``python -u train.py --lr 1``, ``pkg.train`` of ``python -m pkg.train``; else the first word."""
    first = Path(command[0]).name
    if not _PYTHON.fullmatch(first):
        return first
    words = iter(command[1:])
    for word in words:
        if word.startswith("-m"):
            return word[2:] or next(words, first)
        if word.startswith("-c") or word == "-":
            return first
        if word in _WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            return Path(word).name
    return first
