"""Transaction: all or nothing, nested as deep as callers like; the outermost one commits."""

from __future__ import annotations

import sqlite3
import threading
from types import TracebackType

from setsuden.ledger.faults import explanation


class Transaction:
    """``with transaction as connection:``; one object per connection, used again and again.

    A class and not a generator, because a meter enters it several times at every flush. Raises LedgerError for what
    SQLite reports inside.
    """

    __slots__ = ("_connection", "_depth", "_lock", "_place")

    def __init__(self, connection: sqlite3.Connection, lock: threading.RLock, place: str) -> None:
        self._connection = connection
        self._lock = lock
        self._place = place
        self._depth = 0

    def __enter__(self) -> sqlite3.Connection:
        self._lock.acquire()
        try:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
        except BaseException as error:
            self._lock.release()
            if isinstance(error, sqlite3.Error):
                raise explanation(error, self._place) from error
            raise
        self._depth += 1
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        try:
            if self._depth == 0:
                self._end(error is None)
        except sqlite3.Error as failure:
            raise explanation(failure, self._place) from failure
        finally:
            self._lock.release()
        if isinstance(error, sqlite3.Error):
            raise explanation(error, self._place) from error

    def _end(self, well: bool) -> None:
        try:
            if well:
                self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
