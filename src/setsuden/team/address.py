"""Where a team's database is: a URL whose password is never said again."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from setsuden.errors import InputError, require

VARIABLE = "SETSUDEN_TEAM_LEDGER"
_REMEDY = "It is written postgresql://USER@HOST:PORT/DATABASE; see docs/team.md."

# What libpq does where the URL says nothing. A network that swallows packets is noticed after 10 s when connecting,
# after 30 s later on.
ANSWER_WITHIN_S = 10
_PATIENCE: dict[str, object] = {
    "connect_timeout": ANSWER_WITHIN_S,
    "keepalives": 1,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_SECRET = ("password", "sslpassword")
_NEAR = r"[/@].*|localhost|127(\.\d+){3}|::1"


@dataclass(frozen=True, slots=True)
class Address:
    """A database.

    label     host, port and name, the only part that is ever printed
    near      whether the way there stays on this machine, where nobody listens
    settings  for libpq, password and all; left out of ``repr``
    """

    label: str
    near: bool
    settings: Mapping[str, Any] = field(repr=False)

    @classmethod
    def parse(cls, url: str | None) -> Address:
        """From a URL, default ``$SETSUDEN_TEAM_LEDGER``; raises InputError, which never holds what was given."""
        url = url or os.environ.get(VARIABLE)
        if not url:
            raise InputError("no team's database was named", remedy=f"Name it, or set {VARIABLE}. {_REMEDY}")
        if not url.startswith(("postgresql://", "postgres://")):
            raise InputError("this is not the address of a PostgreSQL database", remedy=_REMEDY)
        require("A team's database", "team", "psycopg")
        given = _parsed(url)
        settings = {**_PATIENCE, "application_name": "setsuden", "client_encoding": "utf8", **given}
        if "sslmode" not in given and "PGSSLMODE" not in os.environ and not _may_be_open(given):
            settings["sslmode"] = "require"
        return cls(_label(given), _is_near(given), settings)

    def without_secrets(self, text: str) -> str:
        """The text with passwords taken out."""
        secrets = [self.settings.get(key) for key in _SECRET] + [os.environ.get("PGPASSWORD")]
        for secret in filter(None, secrets):
            text = text.replace(str(secret), "***")
        return text


def _parsed(url: str) -> dict[str, str]:
    # A password with a bare @, / or ? in it is taken apart wrongly, and libpq would print the pieces.
    credentials, at, _ = url.partition("://")[2].rpartition("@")
    if at and (re.search(r"[@/?#\s]", credentials) or re.search(r"%(?![0-9A-Fa-f]{2})", credentials)):
        raise InputError(
            "the part before the last @ is not USER or USER:PASSWORD",
            remedy="Write @ as %40, / as %2F, ? as %3F, # as %23 and % as %25, or keep the password in ~/.pgpass.",
        )
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        given = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
    except ProgrammingError:
        raise InputError("this address cannot be taken apart", remedy=_REMEDY) from None
    ports = given.get("port", "").split(",")
    if not all(not port or (port.isascii() and port.isdigit() and 0 < int(port) < 65536) for port in ports):
        raise InputError("the port is not a number from 1 to 65535", remedy=_REMEDY)
    if not re.fullmatch(r"\d{0,6}", given.get("connect_timeout", "")):
        raise InputError("connect_timeout is not a number of seconds", remedy=_REMEDY)
    return given


def _hosts(given: Mapping[str, str]) -> list[str]:
    return [host for host in (given.get("host") or os.environ.get("PGHOST") or "").split(",") if host]


def _is_near(given: Mapping[str, str]) -> bool:
    numeric = (given.get("hostaddr") or os.environ.get("PGHOSTADDR") or "").split(",")
    named = [*_hosts(given), *filter(None, numeric)]
    return "service" not in given and all(re.fullmatch(_NEAR, host) for host in named)


def _may_be_open(given: Mapping[str, str]) -> bool:
    """Whether a password in clear can be read by nobody, or the file of a service says what is wanted."""
    return _is_near(given) or "service" in given or "PGSERVICE" in os.environ


def _label(given: Mapping[str, str]) -> str:
    if "service" in given:
        return f"service {given['service']}"
    hosts = ",".join(_hosts(given)) or given.get("hostaddr") or "localhost"
    port = given.get("port") or os.environ.get("PGPORT") or "5432"
    name = given.get("dbname") or os.environ.get("PGDATABASE") or given.get("user") or ""
    return f"{hosts}:{port}/{name}"
