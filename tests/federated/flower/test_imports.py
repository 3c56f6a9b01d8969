"""Flower stays an option: nothing else needs it, and what needs it says so."""

from __future__ import annotations

import subprocess
import sys


def said(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    return done.stdout + done.stderr


def test_the_room_is_entered_without_flower_and_torch() -> None:
    code = "import sys, setsuden.federated.partition; print(sorted({'flwr', 'ray', 'torch'} & set(sys.modules)))"
    assert said(code).strip() == "[]"


def test_without_flower_the_way_to_install_it_is_told() -> None:
    code = "import sys; sys.modules['flwr'] = None; import setsuden.federated.flower"
    assert 'pip install "setsuden[flower]"' in said(code)
