"""A SuperLink and its SuperNodes as processes on this machine, talking over loopback."""

from __future__ import annotations

import socket
import subprocess
import time

from setsuden.errors import SetsudenError
from setsuden.federated.flower.processes import Brood, free_ports, program
from setsuden.federated.trace import SERVER

_ADDRESS = "127.0.0.1"
_READY_S = 90.0
_SUBMIT_S = 120.0
_POLL_S = 0.1
_PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "setsuden-task"
version = "1.0.0"
description = "A federated task of setsuden"
license = "Apache-2.0"
dependencies = []

[tool.hatch.build.targets.wheel]
packages = ["."]

[tool.flwr.app]
publisher = "setsuden"

[tool.flwr.app.components]
serverapp = "setsuden_task.apps:server"
clientapp = "setsuden_task.apps:client"

[tool.flwr.app.config]
"""
_APPS = """\
from setsuden.federated.flower.client import app as client
from setsuden.federated.flower.server import app as server

__all__ = ["client", "server"]
"""
_CONNECTION = """\
[superlink]
default = "setsuden"

[superlink.setsuden]
address = "{address}:{port}"
insecure = true
"""


class SuperNodes:
    """One SuperLink, one SuperNode for each client; unencrypted, for this machine only."""

    def __init__(self, processes: Brood, clients: int) -> None:
        self._processes, self._clients = processes, clients

    def start(self) -> dict[int, int]:
        """Start them; process ids by client, the SuperLink's as the server's."""
        link_port, *node_ports = free_ports(1 + self._clients)
        home = self._processes.folder / "flwr"
        (home / "config.toml").write_text(_CONNECTION.format(address=_ADDRESS, port=link_port), encoding="utf-8")
        link = self._processes.start(
            "superlink",
            [
                program("flower-superlink"),
                *("--insecure", "--host", _ADDRESS, "--port", str(link_port)),
                "--disable-runtime-dependency-installation",
            ],
        )
        self._await(link_port)
        pids = {SERVER: link.pid}
        for client, port in enumerate(node_ports):
            node = self._processes.start(
                f"supernode-{client}",
                [
                    program("flower-supernode"),
                    *("--insecure", "--superlink", f"{_ADDRESS}:{link_port}", "--host", _ADDRESS, "--port", str(port)),
                    *("--node-config", f"partition-id={client} num-partitions={self._clients}"),
                ],
            )
            pids[client] = node.pid
        return pids

    def submit(self) -> None:
        """Hand the apps to the SuperLink."""
        app = self._processes.folder / "app"
        (app / "setsuden_task").mkdir(parents=True)
        (app / "pyproject.toml").write_text(_PROJECT, encoding="utf-8")
        (app / "setsuden_task" / "__init__.py").touch()
        (app / "setsuden_task" / "apps.py").write_text(_APPS, encoding="utf-8")
        done = subprocess.run(
            [program("flwr"), "run", str(app), "setsuden"],
            env=dict(self._processes.environment),
            capture_output=True,
            text=True,
            timeout=_SUBMIT_S,
            check=False,
        )
        if done.returncode != 0:
            said = " ".join((done.stdout + done.stderr).split())
            raise SetsudenError(f"flwr run ended with exit code {done.returncode}: {said[-500:]}", place="flower")

    def _await(self, port: int) -> None:
        deadline = time.monotonic() + _READY_S
        while time.monotonic() < deadline:
            lost = self._processes.lost()
            if lost is not None:
                raise lost
            with socket.socket() as probe:
                if probe.connect_ex((_ADDRESS, port)) == 0:
                    return
            time.sleep(_POLL_S)
        raise SetsudenError(
            f"the SuperLink does not answer after {_READY_S:g} s: {self._processes.last_words('superlink')}",
            place="flower",
        )
