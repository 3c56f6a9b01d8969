"""Replies: status, headers and body; every one carries the same strict headers."""

from __future__ import annotations

from dataclasses import dataclass

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_STEADY = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)

HTML, CSS, SCRIPT = "text/html; charset=utf-8", "text/css; charset=utf-8", "text/javascript; charset=utf-8"
JSON, CSV, PLAIN = "application/json; charset=utf-8", "text/csv; charset=utf-8", "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent back.

    filename   the browser is to save it under this name
    further    headers of this reply alone
    """

    status: int
    kind: str
    body: bytes
    filename: str = ""
    further: tuple[tuple[str, str], ...] = ()

    @property
    def headers(self) -> list[tuple[str, str]]:
        """All of them."""
        saved = [("Content-Disposition", f'attachment; filename="{self.filename}"')] if self.filename else []
        own = [("Content-Type", self.kind), ("Content-Length", str(len(self.body)))]
        return [*own, *_STEADY, *saved, *self.further]


def text(status: int, sentence: str, *further: tuple[str, str]) -> Reply:
    """One plain sentence."""
    return Reply(status, PLAIN, f"{sentence}\n".encode(), further=further)
