"""A PostgreSQL server of the tests' own, in a temporary folder, which is gone when they are."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

# Where distributions and installers put the programs that are not on the path.
_USUAL = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin")


def programs() -> Path | None:
    """The folder with ``postgres`` and ``initdb``; None where there is none."""
    found = shutil.which("postgres")
    folders = [Path(found).resolve().parent] if found else []
    for pattern in _USUAL:
        folders += sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


def why_not() -> str | None:
    """Why no server can be started here."""
    if programs() is None:
        return (
            "no PostgreSQL server is installed (Debian, Ubuntu: apt install postgresql; macOS: brew install postgresql)"
        )
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return 'psycopg is not installed: pip install "setsuden[team]"'
    if os.name == "posix" and os.geteuid() == 0 and _account() is None:
        return "PostgreSQL refuses to run as root, and there is no other account to run it as"
    return None


def _account() -> pwd.struct_passwd | None:
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    return None


@dataclass(frozen=True)
class Server:
    """A running server; its superuser ``chief`` and every account that a test makes come in over a Unix socket.

    Over the port on this machine, all but ``chief`` must give their password.
    """

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """At once, and for certain."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def url(
        self, database: str, *, user: str = "chief", password: str | None = None, tcp: bool = False, **more: str
    ) -> str:
        """The address of a database."""
        secret = "" if password is None else ":" + quote(password, safe="")
        host = "localhost" if tcp else ""
        # psycopg looks names up by a socket, which the tests refuse
        query = {**({"hostaddr": "127.0.0.1"} if tcp else {"host": str(self.folder)}), **more}
        asked = "&".join(f"{key}={quote(value, safe='')}" for key, value in query.items())
        return f"postgresql://{user}{secret}@{host}:{self.port}/{database}" + (f"?{asked}" if asked else "")

    def execute(self, statement: str, *, database: str = "postgres") -> list[tuple[Any, ...]]:
        """As ``chief``."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def running(**settings: str) -> Iterator[Server]:
    """Make a server, run it, and take it down whatever happens; ``settings`` are of PostgreSQL."""
    found = programs()
    assert found is not None
    account = _account() if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="setsuden-pg-", dir="/tmp"))  # a socket's path must be short
    as_account: dict[str, Any] = {}
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
        as_account = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(folder)}
    port = _free_port()
    data, log = folder / "data", folder / "log"
    making = [found / "initdb", "-D", data, "-U", "chief", "-E", "UTF8", "--locale=C", "-A", "trust", "--no-sync"]
    settings = {
        "listen_addresses": "localhost", "fsync": "off", "shared_buffers": "16MB", "max_connections": "30",
        "autovacuum": "off", **settings,
    }  # fmt: skip
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    try:
        subprocess.run(making, check=True, capture_output=True, cwd=folder, env=environment, **as_account)
        (data / "pg_hba.conf").write_text(_WHO_COMES_IN)
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [found / "postgres", "-D", data, "-k", folder, "-p", str(port), *options],
                stdout=subprocess.DEVNULL, stderr=errors, cwd=folder, env=environment, preexec_fn=_die_with_us(),
                **as_account,
            )  # fmt: skip
        server = Server(folder, port, process)
        try:
            _wait(server)
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_WHO_COMES_IN = """\
local all all trust
host all chief localhost trust
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
"""


def _die_with_us() -> Callable[[], object] | None:
    """On Linux the kernel stops the server with the process that started it, should that one be killed."""
    if sys.platform != "linux":
        return None
    import ctypes

    prctl, at_death = ctypes.CDLL(None).prctl, 1
    return lambda: prctl(at_death, int(signal.SIGINT))


def _wait(server: Server) -> None:
    """Until it answers; its first answer comes within a second or two."""
    import psycopg

    until = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(server.url("postgres")).close()
            return
        except psycopg.OperationalError:
            if server.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((server.folder / "log").read_text()) from None
            time.sleep(0.05)


def _free_port() -> int:
    """By a short-lived process, because the tests refuse sockets."""
    code = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
    return int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
