"""The server: a socket around the dashboard, for this machine alone unless told otherwise."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from types import TracebackType
from typing import Any

from setsuden.dashboard import reply as replies
from setsuden.dashboard.app import Dashboard
from setsuden.dashboard.reply import Reply
from setsuden.dashboard.settings import Settings
from setsuden.errors import InputError


class DashboardServer(ThreadingHTTPServer):
    """Serves a dashboard; use it in a with block.

    port   0 takes a free one, see ``url``

    Raises InputError where the port cannot be had.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, settings: Settings, port: int) -> None:
        self.dashboard = Dashboard(settings)
        address = settings.address
        if ":" in address:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((address, port), _Handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(
                f"cannot serve there ({reason})", place="--port", value=f"{address}:{port}",
                remedy="Choose another port, or --port 0 for any that is free.",
            ) from None  # fmt: skip
        shown = f"[{address}]" if ":" in address else address
        self.url = f"http://{shown}:{self.server_address[1]}/"

    def server_bind(self) -> None:
        """Without asking the name service what this machine is called: that can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader who leaves early is no news; anything else is one line."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):
            print(f"setsuden: {type(error).__name__}: {error}", file=sys.stderr)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: DashboardServer
    server_version = "setsuden"
    sys_version = ""
    timeout = 10

    def _answer(self) -> None:
        try:
            found = self.server.dashboard.reply(self.command, self.path, self.headers.get("Host"))
        except Exception as error:  # a fault of ours must not take the other pages with it
            print(f"setsuden: {self.path!r}: {type(error).__name__}: {error}", file=sys.stderr)
            found = replies.text(500, "This page could not be made; the terminal of the dashboard says why.")
        self._send(found)

    def _send(self, found: Reply) -> None:
        self.send_response(found.status)
        for name, value in found.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(found.body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        return


def serve(settings: Settings, port: int, ready: Callable[[str], None]) -> None:
    """Serve until Ctrl-C; ``ready`` is told the address once the socket listens."""
    with DashboardServer(settings, port) as server:
        ready(server.url)
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            return
