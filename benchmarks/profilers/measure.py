"""All cases by one tool on one device, in this process: one JSON line per case. Started by ``run.py``."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import sys
import time
import warnings
from importlib.metadata import version

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from tests.profile.cases import CASES, Case
from tools import TOOLS
from torch import nn


def seconds(action: object, repeat: int = 2) -> float:
    best = float("inf")
    for _ in range(repeat):
        start = time.perf_counter()
        action()  # type: ignore[operator]
        best = min(best, time.perf_counter() - start)
    return best


def one(case: Case, tool: str, device: str) -> dict[str, object]:
    count = TOOLS[tool][0]
    with torch.device(device):
        model = case.build().eval()
    inputs = tuple(value.to(device) for value in case.inputs())

    def forward() -> None:
        with torch.no_grad():
            model(*inputs)

    record: dict[str, object] = {"case": case.name, "reference": case.macs}
    try:
        record["macs"] = count(copy.deepcopy(model), inputs)
    except BaseException as error:
        record["error"] = f"{type(error).__name__}: {str(error).splitlines()[0][:80] if str(error) else ''}"
        return record
    # below ten million MACs a forward pass is over before any counter has started
    if not case.heavy and case.macs > 1e7:
        twin = copy.deepcopy(model)
        record["cost"] = seconds(lambda: count(twin, inputs)) / seconds(forward, 3)
    return record


def main() -> None:
    tool, device = sys.argv[1:]
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # some tools print what they find
    package = TOOLS[tool][1]
    print(json.dumps({"version": version(package) if package else torch.__version__}), file=out, flush=True)
    # what torch and the tool load at their first use, once for all children
    small = nn.Sequential(nn.Conv1d(2, 2, 1), nn.Linear(4, 4)).to(device).eval()
    with contextlib.suppress(Exception):
        TOOLS[tool][0](small, (torch.zeros(1, 2, 4, device=device),))
    for case in CASES:
        # a process of its own per case: some tools leave torch patched when they fail, and spoil what follows
        child = os.fork()
        if not child:
            print(json.dumps(one(case, tool, device)), file=out, flush=True)
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
