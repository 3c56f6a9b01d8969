"""What a dashboard was started with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from setsuden.dashboard.guard import is_local
from setsuden.language import Language
from setsuden.quantity import Estimate


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Settings:
    """For the life of a dashboard.

    ledger    the file; it need not exist yet
    language  of pages that are not asked for in another one
    site      where the machines stand, as in ``setsuden footprint``; None: the world average, and no price
    pue       facility energy over IT energy; None: no facility overhead
    price     per kWh; None: that of the site, where one is known
    period    a key of ``period.LENGTHS``, for pages that are not asked for another one
    address   where it is served; beyond this machine, host, user and folder names are taken out, as exports do
    zone      whose days are counted; None: this machine's
    """

    ledger: Path
    language: Language = "en"
    site: str | None = None
    pue: float | None = None
    price: Estimate | None = None
    period: str = "all"
    address: str = "127.0.0.1"
    zone: tzinfo | None = None
    now: Callable[[], datetime] = _now

    @property
    def shared(self) -> bool:
        """Whether others than this machine can see it."""
        return not is_local(self.address)

    @property
    def ledger_shown(self) -> str:
        """What pages call the ledger: its path, for others only its name."""
        return self.ledger.name if self.shared else str(self.ledger)
