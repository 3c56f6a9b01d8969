"""Answers and failures on disk: a question asked lately is not asked again, a service that fails is left alone.

One JSON file per question, named by a hash that includes the secret, so that two accounts never share an answer; the
secret itself is not stored. A cache that cannot be read or written is no cache, never an error.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from setsuden.footprint.live.fault import SignalError

FIRST_WAIT_S = 30.0
LONGEST_WAIT_S = 3600.0


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one question.

    body, fetched_at    the last good answer and when it came; None and 0 without one
    failures, until     failures in a row since then, and the time before which nobody asks again
    """

    body: bytes | None = None
    fetched_at: float = 0.0
    failures: int = 0
    until: float = 0.0


class Cache:
    """Entries by question; ``folder`` None keeps them in memory of this object only."""

    def __init__(self, folder: Path | None, time: Callable[[], float]) -> None:
        self._folder = folder
        self._time = time
        self._memory: dict[str, Entry] = {}

    def get(self, question: str) -> Entry:
        """What is known; an empty entry for nothing."""
        if question in self._memory:
            return self._memory[question]
        return self._read(question)

    def answered(self, question: str, body: bytes) -> None:
        """Keep an answer; failures are forgotten."""
        self._write(question, Entry(body, self._time()))

    def failed(self, question: str, error: SignalError) -> None:
        """Note a failure: wait 30 s, doubling to an hour, or as long as the service asks."""
        entry = self.get(question)
        wait = min(FIRST_WAIT_S * 2.0**entry.failures, LONGEST_WAIT_S)
        if error.retry_s is not None:
            wait = min(max(wait, error.retry_s), 24 * LONGEST_WAIT_S)
        self._write(question, Entry(entry.body, entry.fetched_at, entry.failures + 1, self._time() + wait))

    def _path(self, question: str) -> Path | None:
        name = hashlib.sha256(question.encode()).hexdigest()[:32]
        return self._folder / f"{name}.json" if self._folder else None

    def _read(self, question: str) -> Entry:
        path = self._path(question)
        try:
            stored = json.loads(path.read_text("utf-8")) if path else {}
            body = stored.get("body")
            return Entry(
                base64.b64decode(body) if body is not None else None,
                float(stored.get("fetched_at", 0.0)),
                int(stored.get("failures", 0)),
                float(stored.get("until", 0.0)),
            )
        except (OSError, ValueError, TypeError, AttributeError):
            return Entry()

    def _write(self, question: str, entry: Entry) -> None:
        self._memory[question] = entry
        path = self._path(question)
        if path is None:
            return
        stored = {
            "body": base64.b64encode(entry.body).decode() if entry.body is not None else None,
            "fetched_at": entry.fetched_at,
            "failures": entry.failures,
            "until": entry.until,
        }
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside.write_text(json.dumps(stored), "utf-8")
            beside.replace(path)
        except OSError:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
