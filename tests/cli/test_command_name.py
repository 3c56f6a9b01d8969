"""A run is found again by its name, so it is that of the program, not of its interpreter."""

from __future__ import annotations

import pytest

from setsuden.cli.command_name import named_after


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("./simulate --fast", "simulate"),
        ("/usr/bin/python3.12 -u work/train.py --lr 1", "train.py"),
        ("python -W ignore -X dev train.py", "train.py"),
        ("python -m torch.distributed.run train.py", "torch.distributed.run"),
        ("python -mpkg.train --lr 1", "pkg.train"),
        ("python -c pass", "python"),
        ("python -cpass data.csv", "python"),
        ("python -", "python"),
        ("python", "python"),
        ("python -m", "python"),
        ("pythonic train.py", "pythonic"),
        ("torchrun --nproc-per-node 8 train.py", "torchrun"),
    ],
)
def test_a_run_is_called_after_the_program(command: str, name: str) -> None:
    assert named_after(command.split()) == name
