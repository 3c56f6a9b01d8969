"""The desk between clients and the network: cache first, then back-off, then one request."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from setsuden.footprint.live.cache import Cache
from setsuden.footprint.live.fault import SignalError
from setsuden.footprint.live.fetch import get
from setsuden.footprint.live.settings import LiveSettings


class Desk:
    """Asks on behalf of one client, until one deadline."""

    def __init__(self, source: str, public_url: str, settings: LiveSettings) -> None:
        self.settings = settings
        self.source = source
        self._base = settings.base_urls.get(source, public_url).rstrip("/")
        self._cache = Cache(settings.folder, settings.time)
        self._deadline_s = time.monotonic() + settings.deadline_s

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self.settings.time()

    def secret(self, name: str) -> str:
        """A token or password; SignalError naming the variable when there is none."""
        found = self.settings.secrets.get(name, "")
        if not found:
            raise SignalError("denied", f"needs the environment variable {name}", place=self.source)
        return found

    def ask(
        self, path: str, query: Mapping[str, str], *, headers: Mapping[str, str] | None = None,
        secret: Mapping[str, str] | None = None, keep_s: float | None = None,
        check: Callable[[bytes], object] | None = None,
    ) -> bytes:  # fmt: skip
        """The answer, from the cache while it is fresh.

        secret   further parameters of the query that must not be shown anywhere
        keep_s   how long an answer stays fresh; default: the settings' ``cache_s``
        check    raises SignalError for an answer that is not worth keeping

        While the service fails, the last good answer is given again: what it says of a time that is past does not age,
        and a signal that does not reach the time asked for is found out where it is used.
        """
        shown = self._url(path, query)
        question = "\n".join([shown, *(f"{k}={v}" for part in (headers, secret) for k, v in (part or {}).items())])
        known = self._cache.get(question)
        fresh_s = self.settings.cache_s if keep_s is None else keep_s
        if known.body is not None and 0 <= self.now - known.fetched_at < fresh_s:
            return known.body
        try:
            if self.now < known.until:
                raise SignalError(
                    "waiting", f"failed {known.failures} times and is left alone for now", place=self.host
                )
            body = self._fetched(question, self._url(path, {**query, **(secret or {})}), headers or {}, check)
        except SignalError:
            if known.body is not None:
                return known.body
            raise
        return body

    def _fetched(
        self, question: str, url: str, headers: Mapping[str, str], check: Callable[[bytes], object] | None
    ) -> bytes:
        try:
            body = get(url, headers, timeout_s=self.settings.timeout_s, deadline_s=self._deadline_s)
            if check is not None:
                check(body)
        except SignalError as error:
            self._cache.failed(question, error)
            raise
        self._cache.answered(question, body)
        return body

    def ask_json(self, path: str, query: Mapping[str, str], **options: Any) -> Any:
        """The same for a JSON document; SignalError for anything else."""
        return self._json(self.ask(path, query, check=self._json, **options))

    def _json(self, body: bytes) -> Any:
        try:
            return json.loads(body)
        except ValueError:
            raise self.odd("an answer that is not JSON") from None

    def odd(self, what: str) -> SignalError:
        """For an answer of another shape than expected."""
        return SignalError("shape", f"gave {what}", place=self.host)

    @property
    def host(self) -> str:
        """Whom we ask, for messages."""
        return urlsplit(self._base).netloc or self._base

    def _url(self, path: str, query: Mapping[str, str]) -> str:
        return f"{self._base}{path}" + (f"?{urlencode(query)}" if query else "")
