"""Which runs are meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from setsuden.errors import InputError


@dataclass(frozen=True, slots=True)
class Selection:
    """All that is not None must hold; ``since`` is the earliest start."""

    kind: str | None = None
    name: str | None = None
    tag: str | None = None
    since: datetime | None = None


def moment(text: str | None) -> datetime | None:
    """A day or a time as UTC, or None for text that is none; a local ledger's times are what it reads."""
    try:
        found = None if text is None else datetime.fromisoformat(text)
    except ValueError:
        return None
    if found is None:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def since(text: str | None) -> datetime | None:
    """The same for what a user gave; raises InputError."""
    found = moment(text)
    if text is not None and found is None:
        raise InputError(
            "is neither a day nor a time",
            place="--since",
            value=text,
            remedy="Such as 2026-06-01, or 2026-06-01T12:00Z.",
        )
    return found
