"""A simulation on Ray, as a process of its own: ``python -m setsuden.federated.flower.simulated``."""

from __future__ import annotations

import os
from pathlib import Path

from setsuden.federated.flower import bundle
from setsuden.federated.flower.client import app as client_app
from setsuden.federated.flower.server import Job
from setsuden.federated.flower.server import app as server_app

_STORE_BYTES = 256 << 20
_LONGEST_FOLDER = 30


def main() -> None:
    """Run the task of the folder with as many nodes as it has clients."""
    from flwr.simulation import run_simulation

    folder = Path(os.environ[bundle.TASK_FOLDER])
    job: Job = bundle.load(folder)
    # Ray's sockets lie below it, and the path of a socket has at most 107 characters.
    own = {"_temp_dir": str(folder / "r")} if len(str(folder)) <= _LONGEST_FOLDER else {}
    run_simulation(
        server_app,
        client_app,
        job.task.clients,
        backend_config={
            "client_resources": {"num_cpus": 1, "num_gpus": 0.0},
            "init_args": {
                "num_cpus": job.workers,
                "include_dashboard": False,
                "object_store_memory": _STORE_BYTES,
                "_node_ip_address": "127.0.0.1",
                **own,
            },
        },
    )


if __name__ == "__main__":
    main()
