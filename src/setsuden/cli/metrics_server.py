"""A very small web server that shows one text at /metrics."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from setsuden.cli.exposition import CONTENT_TYPE
from setsuden.errors import InputError


class MetricsServer:
    """Serves ``text`` on a port until closed; use it in a with block.

    port   0 takes a free one, see ``port``

    Raises InputError where the port cannot be had.
    """

    def __init__(self, port: int, address: str = "127.0.0.1") -> None:
        self.text = ""
        shown = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                found = self.path.partition("?")[0] == "/metrics"
                body = shown.text.encode() if found else b"See /metrics\n"
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", CONTENT_TYPE if found else "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                return

        try:
            self._server = ThreadingHTTPServer((address, port), Handler)
        except (OSError, OverflowError) as error:
            raise InputError(
                f"cannot serve there ({error})", place="--prometheus", value=f"{address}:{port}",
                remedy="Choose a free port from 1024 to 65535.",
            ) from None  # fmt: skip
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="setsuden-metrics", daemon=True)

    def __enter__(self) -> MetricsServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
