"""Cards that draw a known power, for tools that load the driver's library: ``nvml_stub.c``, compiled."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

_STUB = Path(__file__).parent / "nvml_stub.c"


@dataclass(frozen=True, slots=True)
class Cards:
    """Some cards of 200 W each.

    mode    what the file ``fault`` does to the first of them, see ``nvml_stub.c``; a lost card goes on drawing
    """

    count: int = 1
    mode: str = "none"

    @property
    def watts(self) -> float:
        """Of all together."""
        return 200.0 * self.count

    def prepare(self, base: Path) -> dict[str, str]:
        """Build the library and an ``nvidia-smi`` in ``base``; the environment that leads to them."""
        subprocess.run(["cc", "-shared", "-fPIC", "-w", "-o", base / "libnvidia-ml.so.1", _STUB], check=True)
        (base / "gpus").write_text(f"{self.count} {self.mode}\n")
        told = "\n".join(["200.00 W"] * self.count)
        lost = f"[ -e {base}/fault ] && echo 'Unable to determine the device handle: GPU is lost' && exit 15"
        tool = base / "bin" / "nvidia-smi"
        tool.parent.mkdir()
        tool.write_text(f"#!/bin/sh\n{lost if self.mode == 'lost' else ''}\necho '{told}'\n")
        tool.chmod(0o755)
        path = f"{tool.parent}:{os.environ['PATH']}"
        return {"LD_LIBRARY_PATH": str(base), "FAKE_GPUS": str(base), "PATH": path}
