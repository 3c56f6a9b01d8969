"""What PostgreSQL and the way to it report, as LedgerErrors that say what to do; never with a password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from setsuden.errors import LedgerError
from setsuden.team.address import Address

if TYPE_CHECKING:
    from psycopg import Error

_AGAIN = "What was sent or fetched is complete; give the same command again to go on."
_GRANTS = "Ask who looks after the database for the rights that docs/team.md names."
_GONE = ("the database went away", _AGAIN)

# SQLSTATE -> what happened, what to do.
_STATES = {
    "25006": ("this database may only be read", "Name the primary server, or a database that may be written."),
    "42501": ("this account may not do that here", _GRANTS),
    "53100": ("the disk of the database is full", f"Make room there. {_AGAIN}"),
    "53200": ("the database is out of memory", _AGAIN),
    "55P03": ("another sender has held the tables for half a minute", "Try again in a while."),
    "57P01": _GONE,
    "57P02": _GONE,
    "57P03": _GONE,
}

# Fragments of messages of libpq, which has no SQLSTATE while it connects -> the same.
_MESSAGES = (
    (("timeout",), "the database does not answer", "Check host, port and firewall; ?connect_timeout=60 waits longer."),
    (
        ("translate host name", "resolve host", "not known", "name resolution"),
        "there is no host of this name",
        "Check the address and the network.",
    ),
    (
        ("connection refused", "no such file or directory"),
        "nothing listens there",
        "Check host and port, and that the server runs.",
    ),
    (("unreachable",), "no network leads there", "Check the address and the network."),
    (
        ("does not support ssl",),
        "the database offers no encryption",
        "Have it offer TLS; where nobody else can listen, add ?sslmode=disable.",
    ),
    (
        ("root certificate", "certificate"),
        "no certificate vouches that this is the database meant",
        "Name the host as its certificate does, and what signed that with ?sslrootcert=FILE.",
    ),
    (("no password supplied",), "the database asks for a password", "Keep it in ~/.pgpass or in PGPASSWORD."),
    (
        ("password authentication failed",),
        "user or password is wrong",
        "Check the user in the address, and ~/.pgpass or PGPASSWORD.",
    ),
    (
        ("pg_hba.conf",),
        "the database lets nobody in from here in this way",
        "Ask who looks after it; ?sslmode=require asks for encryption.",
    ),
    (("too many",), "the database has no connection left", "Try again in a while."),
    (("starting up", "recovery"), "the database is only starting up", "Try again in a while."),
    (
        ("does not exist",),
        "there is no such database or user",
        "Check the address; a database is made by: createdb NAME.",
    ),
    (("closed", "terminat", "lost", "reset by peer", "broken pipe", "eof detected", "shutting down"), *_GONE),
)


class UnreachableError(LedgerError):
    """The database fails, whatever it is asked."""


@contextmanager
def explained(address: Address) -> Iterator[None]:
    """Raise what psycopg reports inside as a LedgerError about that database."""
    from psycopg import Error

    try:
        yield
    except Error as error:
        raise explanation(error, address) from None


def explanation(error: Error, address: Address) -> LedgerError:
    """What was reported, as an error to raise; its own words are there, too, in one line."""
    text = " ".join(address.without_secrets(str(error)).split()) or type(error).__name__
    from psycopg import DataError, IntegrityError

    if isinstance(error, DataError | IntegrityError):
        return LedgerError(
            f"the database does not take what the run holds ({text})", place=address.label,
            remedy="See what is wrong with it: setsuden ledger check.",
        )  # fmt: skip
    state = error.sqlstate or ""
    meaning = _STATES.get(state)
    if meaning is None and not state:
        low = text.lower()
        meaning = next(
            ((what, remedy) for parts, what, remedy in _MESSAGES if any(part in low for part in parts)), None
        )
    if meaning is None:
        return UnreachableError(f"the database refuses: {text}", place=address.label, remedy="See docs/team.md.")
    what, remedy = meaning
    return UnreachableError(f"{what} ({text})", place=address.label, remedy=remedy)
