"""SQLite's faults as LedgerErrors that say what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from setsuden.errors import LedgerError, SetsudenError

# Fragment of SQLite's message -> what happened, what to do.
_EXPLAINED = (
    ("locked", "another process is writing the ledger", "Try again, or choose another file with --ledger."),
    ("full", "the disk is full", "Make room, or choose another file with --ledger."),
    ("readonly", "the ledger may not be written", "Give yourself write access, or choose another file with --ledger."),
    ("unable to open", "the ledger cannot be opened", "Check the folder and its permissions, or set SETSUDEN_LEDGER."),
    ("not a database", "this file is not a ledger", "Choose another file with --ledger."),
    ("malformed", "the ledger is damaged", "Move it away and start a new one; `sqlite3 FILE .recover` may save rows."),
    ("disk i/o", "the disk refused to read or write", "Check free space and quota, or choose another file."),
)


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Raise what SQLite reports inside as a LedgerError about the file ``place``."""
    try:
        yield
    except sqlite3.Error as error:
        raise explanation(error, place) from error


@contextmanager
def understood(place: str) -> Iterator[None]:
    """Raise what cannot be read back inside (SQLite keeps no checksums) as a LedgerError about the file ``place``."""
    try:
        yield
    except SetsudenError:
        raise
    except (ValueError, LookupError, TypeError, ArithmeticError) as error:
        raise LedgerError(
            f"the ledger holds something that nobody can have written so ({type(error).__name__}: {error})",
            place=place,
            remedy="It is damaged. Move it away and start a new one; `sqlite3 FILE .recover` may save rows.",
        ) from error


def explanation(error: sqlite3.Error, place: str) -> LedgerError:
    """What SQLite reported about the file ``place``, as an error to raise."""
    text = str(error)
    for fragment, meaning, remedy in _EXPLAINED:
        if fragment in text.lower():
            return LedgerError(f"{meaning} ({text})", place=place, remedy=remedy)
    return LedgerError(text, place=place, remedy="Check the file, or choose another one with --ledger.")
