"""One GET with a deadline: no redirect to another host, no endless body, every failure in one kind of error."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from setsuden import __version__
from setsuden.footprint.live.fault import SignalError

MAX_BYTES = 32 * 1024 * 1024
_CHUNK = 65536


def get(url: str, headers: Mapping[str, str], *, timeout_s: float, deadline_s: float) -> bytes:
    """The body of ``url``; SignalError for everything else.

    timeout_s    for one connection or one pause between bytes
    deadline_s   on ``time.monotonic()``: also a body that drips for ever ends here
    """
    host = urlsplit(url).netloc
    if urlsplit(url).scheme not in ("http", "https"):
        raise SignalError("refused", "only http and https are asked", place=host)
    request = urllib.request.Request(url, headers={"User-Agent": f"setsuden/{__version__}", **headers})
    opener = urllib.request.build_opener(_SameHost)
    try:
        with opener.open(request, timeout=_left(timeout_s, deadline_s, host)) as answer:
            return _body(answer, deadline_s, host)
    except urllib.error.HTTPError as error:
        with error:
            raise _status(error, host) from None
    except TimeoutError:
        raise SignalError("deadline", "did not answer in time", place=host) from None
    except urllib.error.URLError as error:
        late = isinstance(error.reason, TimeoutError)
        code, message = ("deadline", "did not answer in time") if late else ("refused", "cannot be reached")
        raise SignalError(code, message, place=host) from None
    except (OSError, http.client.HTTPException) as error:
        raise SignalError("refused", f"broke off ({type(error).__name__})", place=host) from None


class _SameHost(urllib.request.HTTPRedirectHandler):
    """A token goes to the host it is meant for and nowhere else."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        before, after = urlsplit(req.full_url), urlsplit(newurl)
        if (before.scheme, before.netloc) != (after.scheme, after.netloc):
            fp.close()
            raise SignalError("refused", f"redirects to another host, {after.netloc}", place=before.netloc)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _body(answer: http.client.HTTPResponse, deadline_s: float, host: str) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while chunk := answer.read1(_CHUNK):
        pieces.append(chunk)
        size += len(chunk)
        if size > MAX_BYTES:
            raise SignalError("shape", f"sends more than {MAX_BYTES} bytes", place=host)
        _left(1.0, deadline_s, host)
    if answer.length:  # closed before all announced bytes had come
        raise SignalError("refused", "broke off in the middle of its answer", place=host)
    return b"".join(pieces)


def _left(timeout_s: float, deadline_s: float, host: str) -> float:
    left = deadline_s - time.monotonic()
    if left <= 0:
        raise SignalError("deadline", "did not answer in time", place=host)
    return min(timeout_s, left)


def _status(error: urllib.error.HTTPError, host: str) -> SignalError:
    if error.code in (401, 403):
        return SignalError("denied", f"refuses the token ({error.code})", place=host)
    if error.code == 404:
        return SignalError("no_data", "does not know this place or time (404)", place=host)
    if error.code in (429, 503):
        return SignalError("busy", f"asks to be left alone ({error.code})", place=host, retry_s=_retry(error))
    return SignalError("status", f"answers with status {error.code}", place=host)


def _retry(error: urllib.error.HTTPError) -> float | None:
    try:
        return max(0.0, float(error.headers.get("Retry-After", "")))
    except ValueError:
        return None  # absent, or a date, which the usual back-off covers
