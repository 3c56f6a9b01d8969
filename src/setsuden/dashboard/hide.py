"""What is nobody else's business taken out of runs before they are shown: names of hosts and users, and folders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from setsuden.ledger import Ledger, RunRecord
from setsuden.ledger.entries import Entry
from setsuden.report.formats.redaction import Redaction, redaction_of

_Shown = TypeVar("_Shown")
_KEPT = frozenset({"id", "number", "summary_id", "unit", "started_at", "status", "ledger", "identity", "code"})
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
        return _cleaned(record, redaction_of(record.identity))

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


def _cleaned(node: _Shown, redaction: Redaction) -> _Shown:
    """A record with every text in it cleaned."""
    found: Any = node
    if isinstance(found, Enum | Ledger) or (isinstance(found, tuple) and hasattr(found, "_fields")):
        return node
    if isinstance(found, str):
        found = redaction.clean(found)
    elif isinstance(found, Mapping):
        found = {key: _cleaned(value, redaction) for key, value in found.items()}
    elif isinstance(found, tuple | list):
        found = type(found)(_cleaned(value, redaction) for value in found)
    elif is_dataclass(found) and not isinstance(found, type):
        texts = {
            field.name: _cleaned(getattr(found, field.name), redaction)
            for field in fields(found)
            if field.name not in _KEPT
        }
        found = replace(found, **texts)
    return found  # type: ignore[no-any-return]
