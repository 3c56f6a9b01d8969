"""How a local ledger stands against a team's database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from setsuden.team.selection import Selection
from setsuden.team.sending import choose
from setsuden.team.tables import VERSION

if TYPE_CHECKING:
    from setsuden.ledger import Ledger
    from setsuden.team.remote import Remote


@dataclass(frozen=True, slots=True)
class Standing:
    """What the database has of a ledger.

    runs       how many runs it has, of anybody
    ours       how many of this ledger's own ended runs are there, in whatever state
    missing    how many are not
    last_sent  when the last state of one of them came in, UTC; None for none
    """

    server: str
    version: int
    encrypted: bool
    runs: int
    ours: int
    missing: int
    last_sent: str | None

    def to_json(self) -> dict[str, Any]:
        """Schema ``ledger-status``, field ``team``."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def standing(ledger: Ledger, remote: Remote) -> Standing:
    """Ids are compared, not contents: ``send`` does that."""
    ids = [summary.id for summary in choose(ledger, Selection()).runs]
    there = remote.kept(ids)
    last = remote.last_received(ids)
    return Standing(
        remote.address.label,
        VERSION,
        remote.encrypted,
        remote.count(),
        len(there),
        len(ids) - len(there),
        None if last is None else last.isoformat(timespec="seconds"),
    )
