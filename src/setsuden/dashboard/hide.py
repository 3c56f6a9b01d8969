"""What is nobody else's business taken out before it is shown: names of hosts and users, and folders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from setsuden.ledger import Ledger, RunRecord
from setsuden.ledger.entries import Entry
from setsuden.report.formats.redaction import Redaction, redaction_of

_Shown = TypeVar("_Shown")
_KEPT = frozenset({"id", "number", "unit", "started_at", "status", "ledger", "identity", "code"})
"""Fields that hold no prose; ids and codes must go on leading to what they name."""


class Hidden:
    """Runs as others may see them; machines keep a number for as long as the dashboard runs."""

    def __init__(self) -> None:
        self._machines: dict[str, str] = {}
        self._entries: dict[int, tuple[Entry, Entry]] = {}

    def entries(self, found: Mapping[int, Entry]) -> dict[int, Entry]:
        """The same runs; those that have not changed are not gone through again."""
        self._entries = {number: self._entry(entry) for number, entry in found.items()}
        return {number: shown for number, (_, shown) in self._entries.items()}

    def record(self, record: RunRecord) -> RunRecord:
        """One run in full."""
        return cleaned(record, redaction_of(record.identity))

    def _entry(self, entry: Entry) -> tuple[Entry, Entry]:
        known = self._entries.get(entry.number)
        if known is not None and known[0] is entry:
            return known
        host = str(entry.identity.get("host") or "")
        number = self._machines.setdefault(host, f"#{len(self._machines) + 1}") if host else ""
        clean = redaction_of(entry.identity).clean
        shown = replace(
            entry,
            summary=replace(
                entry.summary, name=clean(entry.summary.name), tags=tuple(clean(tag) for tag in entry.summary.tags)
            ),
            detail=None if entry.detail is None else clean(entry.detail),
            identity={"host": number} if number else {},
        )
        return entry, shown


def cleaned(node: _Shown, redaction: Redaction) -> _Shown:
    """A record, or anything else made of plain data, with every text in it cleaned."""
    found: Any = node
    if isinstance(found, Enum | Ledger):
        return node
    if isinstance(found, str):
        found = redaction.clean(found)
    elif isinstance(found, Mapping):
        found = {key: cleaned(value, redaction) for key, value in found.items()}
    elif hasattr(found, "_fields"):
        found = found._replace(**_texts(found, found._fields, redaction))
    elif isinstance(found, tuple | list):
        found = type(found)(cleaned(value, redaction) for value in found)
    elif is_dataclass(found) and not isinstance(found, type):
        found = replace(found, **_texts(found, (field.name for field in fields(found)), redaction))
    return found  # type: ignore[no-any-return]


def _texts(node: object, names: Iterable[str], redaction: Redaction) -> dict[str, Any]:
    return {name: cleaned(getattr(node, name), redaction) for name in names if name not in _KEPT}
