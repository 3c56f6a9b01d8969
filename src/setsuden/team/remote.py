"""Remote: a connection to a team's database, and which runs it has in which state."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from setsuden.team import tables
from setsuden.team.address import Address
from setsuden.team.faults import explained
from setsuden.team.selection import Selection
from setsuden.team.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

_STATE = "id, number, name, samples, redacted, status, born, head, series, progress, changed_s"
_AT_ONCE = 1000
LOCKED_AT_MOST = "30s"
"""How long to wait for another sender."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A run as the database has it."""

    number: int
    name: str
    samples: int
    redacted: bool
    state: State


class Remote:
    """An open database, to be used with ``with``. Every call raises LedgerError for what fails on the way.

    encrypted   whether the connection is
    """

    def __init__(self, address: Address, *, to_write: bool) -> None:
        import psycopg

        self.address = address
        with explained(address):
            # Statements are not prepared on the server: poolers hand it from one client to the next.
            self._connection: Connection[Any] = psycopg.connect(
                **address.settings, autocommit=True, prepare_threshold=None
            )
            try:
                self._settle(to_write)
            except BaseException:
                self._connection.close()
                raise

    def _settle(self, to_write: bool) -> None:
        self._connection.execute(
            "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET extra_float_digits = 3; SET search_path = ''; "
            f"SET lock_timeout = '{LOCKED_AT_MOST}'"
        )
        if to_write:
            tables.prepare(self._connection, self.address)
        else:
            self._connection.execute("SET default_transaction_read_only = on")
            tables.require(self._connection, self.address)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @property
    def encrypted(self) -> bool:
        """Whether what goes over the network can be read there."""
        return bool(self._connection.pgconn.ssl_in_use)

    @contextmanager
    def transaction(self, *, steady: bool = False) -> Iterator[Connection[Any]]:
        """All or nothing; ``steady`` sees the tables as they are at its begin."""
        with explained(self.address), self._connection.transaction():
            if steady:
                self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield self._connection

    def kept(self, ids: Sequence[str]) -> dict[str, Kept]:
        """Those of some runs that are there."""
        found: dict[str, Kept] = {}
        with explained(self.address):
            for start in range(0, len(ids), _AT_ONCE):
                rows = self._connection.execute(
                    f"SELECT {_STATE} FROM setsuden.runs WHERE id = ANY(%s)", (list(ids[start : start + _AT_ONCE]),)
                )
                found.update(map(_kept, rows))
        return found

    def selected(self, selection: Selection) -> dict[str, Kept]:
        """All that are selected, by the time they started."""
        query = (
            f"SELECT {_STATE} FROM setsuden.runs WHERE (%(kind)s::text IS NULL OR kind = %(kind)s) "
            "AND (%(name)s::text IS NULL OR name = %(name)s) AND (%(tag)s::text IS NULL OR %(tag)s = ANY(tags)) "
            "AND (%(since)s::timestamptz IS NULL OR started_at >= %(since)s) ORDER BY started_at NULLS FIRST, id"
        )
        given = {name: getattr(selection, name) for name in Selection.__dataclass_fields__}
        with explained(self.address):
            return dict(map(_kept, self._connection.execute(query, given)))

    def locked(self, run_id: str) -> Kept | None:
        """A run, which no other sender changes until the end of the transaction; None where it is not there."""
        found = self._connection.execute(
            f"SELECT {_STATE} FROM setsuden.runs WHERE id = %s FOR UPDATE", (run_id,)
        ).fetchone()
        return None if found is None else _kept(found)[1]

    def silent_s(self, kept: Kept) -> float:
        """How long ago the writer of a run gave a sign of life, by the clock of the database."""
        with explained(self.address):
            found = self._connection.execute(
                "SELECT extract(epoch FROM clock_timestamp() - heard_at)::double precision FROM setsuden.runs "
                "WHERE number = %s",
                (kept.number,),
            ).fetchone()
        return float(found[0]) if found else 0.0

    def machine_key(self) -> bytes:
        """What names of machines are hidden with."""
        with explained(self.address):
            found = self._connection.execute("SELECT key FROM setsuden.machine_key").fetchone()
        return bytes(found[0]) if found else b""

    def last_received(self, ids: Sequence[str]) -> datetime | None:
        """When the youngest state of any of some runs came in, UTC."""
        with explained(self.address):
            found = self._connection.execute(
                "SELECT max(received_at) FROM setsuden.runs WHERE id = ANY(%s)", (list(ids),)
            ).fetchone()
        moment: datetime | None = found[0] if found else None
        return moment

    def count(self) -> int:
        """How many runs are there."""
        with explained(self.address):
            found = self._connection.execute("SELECT count(*) FROM setsuden.runs").fetchone()
        return int(found[0]) if found else 0


def _kept(row: tuple[Any, ...]) -> tuple[str, Kept]:
    run_id, number, name, samples, redacted, status, born, head, series, progress, changed_s = row
    state = State(status, born, head, series, tuple(progress), changed_s)
    return run_id, Kept(number, name, samples, redacted, state)
