"""A server on this machine that answers as scripted, for clients of public services."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from setsuden.footprint.live import LiveSettings

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Service:
    """``answers`` maps a path to what to send; a callable gets the query. ``asked`` keeps every request."""

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def answer(self, target: str, headers: dict[str, str]) -> Answer:
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.append((parts.path, query, headers))
        found = self.answers.get(parts.path, (404, {}, b"not here"))
        if callable(found):
            found = found(query)
        if isinstance(found, tuple):
            return found
        body = found if isinstance(found, bytes) else json.dumps(found).encode()
        return 200, {}, body

    @property
    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]


@contextmanager
def serving() -> Iterator[Service]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = service.answer(self.path, dict(self.headers))
            hang = headers.pop("X-Hang", None)
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(body)))
                if hang == "headers":
                    service.released.wait(30)
                self.end_headers()
                self.wfile.write(body)
                if hang == "drip":
                    while not service.released.wait(0.01):
                        self.wfile.write(b" ")
                        self.wfile.flush()
            except OSError:
                pass  # the client has gone, as it should

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        service.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


SECRETS = {
    "SETSUDEN_ELECTRICITY_MAPS_TOKEN": "em-token",
    "SETSUDEN_WATTTIME_USER": "user",
    "SETSUDEN_WATTTIME_PASSWORD": "pass",
    "SETSUDEN_ENTSOE_TOKEN": "entsoe-token",
}


def settings(service: Service, folder: Path | None, now: Callable[[], float], **changes: Any) -> LiveSettings:
    names = ("electricity-maps", "watttime", "gb", "entsoe", "japan")
    values: dict[str, Any] = {
        "base_urls": dict.fromkeys(names, service.url), "secrets": SECRETS, "folder": folder, "time": now,
        "deadline_s": 5.0, "timeout_s": 2.0,
    }  # fmt: skip
    return LiveSettings(**(values | changes))
