"""What all callbacks share: nothing heavy on import, one clear sentence without the framework, one will in a group."""

from __future__ import annotations

import subprocess
import sys

import pytest

from setsuden.errors import MissingDependencyError

TWO = """
import sys
import torch.distributed as group
from setsuden.callbacks.teller import Teller
rank = int(sys.argv[1])
group.init_process_group("gloo", init_method="file://" + sys.argv[2], rank=rank, world_size=2)

class Run:
    forecast = None
    def step(self, steps): return False
    def close(self): pass

teller = Teller(10, {"on_budget": "stop"})
teller.begin(None, None, speaks=rank == 0)
if rank == 0:
    teller._run = Run()
print(teller.now(1))
"""


def test_importing_the_package_loads_no_framework() -> None:
    code = (
        "import sys, setsuden.callbacks, setsuden.callbacks.teller;"
        "print([n for n in ('torch', 'lightning', 'transformers', 'keras') if n in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


@pytest.mark.parametrize("framework", ["lightning", "transformers", "keras"])
def test_a_missing_framework_is_explained_in_one_sentence(framework: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == framework]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, framework, None)
    monkeypatch.delitem(sys.modules, f"setsuden.callbacks.{framework}", raising=False)
    with pytest.raises(MissingDependencyError, match="pip install"):
        __import__(f"setsuden.callbacks.{framework}")


def test_processes_that_share_a_training_stop_together(tmp_path: object) -> None:
    meeting = f"{tmp_path}/meeting"
    both = [
        subprocess.Popen([sys.executable, "-c", TWO, str(rank), meeting], stdout=subprocess.PIPE, text=True)
        for rank in (0, 1)
    ]
    assert [process.communicate(timeout=120)[0].strip() for process in both] == ["False", "False"]
