"""The real ``pynvml`` module on top of a stub of the driver's C library: names, types and error codes as they are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Two cards: the first counts 200 W on the system's clock, the second has no counter and shows 80 W.
STUB = r"""
#include <string.h>
#include <stdlib.h>
#include <time.h>
typedef int R; typedef struct { int index; } *D;
static struct { int index; } cards[2] = {{0}, {1}};
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
R nvmlInitWithFlags(unsigned f) { return 0; }
R nvmlInit_v2(void) { return 0; }
R nvmlShutdown(void) { return 0; }
const char *nvmlErrorString(R r) { return r == 3 ? "Not Supported" : "Error"; }
R nvmlDeviceGetCount_v2(unsigned *n) { *n = 2; return 0; }
R nvmlDeviceGetHandleByIndex_v2(unsigned i, D *d) { if (i > 1) return 2; *d = (D)&cards[i]; return 0; }
R nvmlDeviceGetName(D d, char *s, unsigned n) { strncpy(s, "NVIDIA A100-SXM4-80GB", n); return 0; }
R nvmlDeviceGetUUID(D d, char *s, unsigned n) { strncpy(s, d->index ? "GPU-bbbb" : "GPU-aaaa", n); return 0; }
R nvmlDeviceGetTotalEnergyConsumption(D d, unsigned long long *e) {
  if (d->index) return 3;
  *e = (unsigned long long)(now() * 200 * 1000); return 0; }
R nvmlDeviceGetPowerUsage(D d, unsigned *p) { *p = d->index ? 80000 : 200000; return 0; }
"""

PROGRAM = """
import time
from setsuden.sensors import discover
found = discover()
time.sleep(0.5)
sensor = next(s for s in found.sensors if s.name == "nvml")
for channel, sample in zip(sensor.channels, sensor.read()):
    print(channel.id, channel.method, sample.energy_j / 0.5, sample.flags)
found.close()
"""


@pytest.mark.skipif(shutil.which("cc") is None or sys.platform != "linux", reason="needs a C compiler on Linux")
def test_the_real_module_reads_a_stub_of_the_library(tmp_path: Path) -> None:
    (tmp_path / "stub.c").write_text(STUB)
    library = tmp_path / "libnvidia-ml.so.1"
    subprocess.run(["cc", "-shared", "-fPIC", "-w", "-o", library, tmp_path / "stub.c"], check=True)
    environ = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}
    environ.pop("CUDA_VISIBLE_DEVICES", None)
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environ, capture_output=True, text=True, check=True)
    first, second = (line.split(" ", 3) for line in done.stdout.splitlines())
    assert first[:2] == ["nvml/GPU-aaaa", "counter"]
    assert 190 < float(first[2]) < 600, "a loaded machine sleeps longer than asked, never shorter"
    assert second[:2] == ["nvml/GPU-bbbb", "power"]
    assert 75 < float(second[2]) < 250


STAND_IN = """
class NVMLError(Exception):
    value = 3
def nvmlInit(): pass
def nvmlShutdown(): pass
def nvmlDeviceGetCount(): return 1
def nvmlDeviceGetHandleByIndex(index): return index
def nvmlDeviceGetName(handle): return "NVIDIA L4"
def nvmlDeviceGetUUID(handle): return "GPU-cccc"
def nvmlDeviceGetTotalEnergyConsumption(handle): return 12345
"""


@pytest.mark.skipif(shutil.which("nvidia-smi") is not None, reason="the driver's library is here and comes first")
def test_a_stand_in_for_the_module_that_was_put_first_needs_no_library(tmp_path: Path) -> None:
    (tmp_path / "pynvml.py").write_text(STAND_IN)
    program = "from setsuden.sensors import discover; print([c.id for c in discover().channels])"
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    environ.pop("CUDA_VISIBLE_DEVICES", None)
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    assert "nvml/GPU-cccc" in done.stdout
