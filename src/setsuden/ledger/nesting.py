"""Runs within a run: a program that measures itself under ``setsuden run`` records the same joules a second time.

The outer run hands its id on in an environment variable; a run that begins there carries it as a tag, so that lists
show it and sums count those joules once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

VARIABLE = "SETSUDEN_RUN"
_TAG = "within:"


def inherited() -> tuple[str, ...]:
    """The tag of a run that begins in this process, where another one measures the process; else nothing."""
    outer = os.environ.get(VARIABLE)
    return (_TAG + outer,) if outer else ()


def outer_of(tags: Sequence[str]) -> str | None:
    """The id of the run whose joules hold those of a run with these tags."""
    return next((tag.removeprefix(_TAG) for tag in tags if tag.startswith(_TAG)), None)


def own_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """The tags that somebody gave, each once; not the one that says which run is around."""
    return tuple(dict.fromkeys(tag for tag in tags if not tag.startswith(_TAG)))


def outermost(runs: Mapping[str, Sequence[str]]) -> list[str]:
    """Of some runs, id -> tags, those whose joules are not in another of them."""
    return [run for run, tags in runs.items() if outer_of(tags) not in runs]
