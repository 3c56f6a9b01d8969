"""After an installation: say which torch came, and whether a resolver dragged CUDA packages in."""

from __future__ import annotations

import sys
from importlib.metadata import distributions


def main() -> int:
    """Print one line; on a machine without an NVIDIA driver, CUDA packages are worth a warning."""
    names = {(d.metadata["Name"] or "").lower(): d.version for d in distributions()}
    cuda = sorted(n for n in names if n.startswith(("nvidia-cu", "nvidia-nccl", "cuda-", "triton")))
    print(
        f"setsuden environment: Python {sys.version.split()[0]}, torch {names.get('torch', 'missing')}, "
        f"{len(cuda)} CUDA packages"
    )
    if cuda:
        print(
            "  CUDA packages are not needed to measure on a CPU. For a smaller set, install a CPU build of torch first."
        )
    return 0 if "torch" in names else 1


if __name__ == "__main__":
    sys.exit(main())
