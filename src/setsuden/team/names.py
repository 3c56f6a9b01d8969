"""A run without the names of people and machines, as exports have it; and without what PostgreSQL cannot hold."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from setsuden.ledger.codec import dumps
from setsuden.ledger.content import ChannelRow, Content, DocumentRow, EventRow, RunRow, WindowRow
from setsuden.ledger.document import names_of, without_names

_Row = TypeVar("_Row", RunRow, ChannelRow, WindowRow, EventRow, DocumentRow)

# Columns that hold words of people: as they are, and as JSON. The others hold ids, codes, times and numbers.
_WORDS = {"name", "detail"}
_JSON = {"config", "tags", "environment", "summary", "info", "attributes", "measurement", "body"}


def storable(content: Content) -> Content:
    """The same with a visible sign for the character NUL, which text in PostgreSQL cannot hold."""
    return _each(content, lambda row: row._make(visible(value) for value in row))


def without_people(content: Content, machine_key: bytes) -> Content:
    """Host, user and home folder replaced by marks, the command line left out.

    Machines keep names of their own, made of theirs with a key that only senders can read, so that runs of one machine
    are still known for such.
    """
    identity: Mapping[str, Any] = json.loads(content.run.identity)
    names = {name: mark for name, mark in names_of(identity).items() if len(name) > 1}
    config = json.loads(content.run.config)
    if config.pop("command", None) is not None:  # arguments may hold paths, names and keys
        content = replace(content, run=content.run._replace(config=dumps(config)))
    content = _each(content, lambda row: _without(row, names))
    host = _pseudonym("machine", identity.get("host"), machine_key)
    # Who writes tells which runs watched one machine at the same time; numbers of processes say nothing elsewhere.
    writer = {
        name: host if name == "host" else _pseudonym(name, value, machine_key)
        for name, value in json.loads(content.run.writer).items()
        if value is None or isinstance(value, str)
    }
    hidden = {"host": host, "user": None, "folder": None}
    return replace(content, run=content.run._replace(identity=dumps(hidden), writer=dumps(writer)))


def _pseudonym(kind: str, name: str | None, machine_key: bytes) -> str | None:
    """``machine-`` and twelve digits; what has no name keeps none."""
    return f"{kind}-{hmac.digest(machine_key, name.encode(), hashlib.sha256).hex()[:12]}" if name else name


def _each(content: Content, change: Any) -> Content:
    def rows(found: Iterable[_Row]) -> tuple[_Row, ...]:
        return tuple(map(change, found))

    return replace(
        content,
        run=change(content.run),
        channels=rows(content.channels),
        windows=rows(content.windows),
        events=rows(content.events),
        documents=rows(content.documents),
    )


def visible(value: Any) -> Any:
    """Text with a sign for NUL; anything else as it is."""
    return value.replace("\0", "\N{SYMBOL FOR NULL}") if isinstance(value, str) and "\0" in value else value


def _without(row: _Row, names: Mapping[str, str]) -> _Row:
    changes: dict[str, Any] = {}
    for column, value in zip(row._fields, row, strict=True):
        if not isinstance(value, str):
            continue
        # Most texts hold no name: those that do are the only ones worth taking apart.
        if column in _WORDS and any(name in value for name in names):
            changes[column] = without_names(value, names)
        elif column in _JSON and any(_escaped(name) in value for name in names):
            changes[column] = dumps(without_names(json.loads(value), names))
    return row._replace(**changes) if changes else row


def _escaped(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)[1:-1]
