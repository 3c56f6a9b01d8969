"""Every example runs as a user would run it, and every command of the README works as written."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PILOT_IN_A_TEST = ["--minutes", "0.5", "--models", "logistic,mlp", "--data", "digits"]


def environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "SETSUDEN_LEDGER": str(folder / "ledger.sqlite"),
        "OMP_NUM_THREADS": "1",
    }


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=240)


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.name)
def test_an_example_runs(example: Path, tmp_path: Path) -> None:
    done = run([sys.executable, str(example)], tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("page", ["README.md", "README.ja.md"])
def test_the_readme_can_be_followed_word_by_word(page: str, tmp_path: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for name, program in re.findall(r"```python\n# (\S+)\n(.*?)```", text, flags=re.DOTALL):
        (tmp_path / name).write_text(program, encoding="utf-8")
    commands = [line for block in re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL) for line in block.splitlines()]
    wanted = [line for line in commands if line.startswith("setsuden ")]
    assert len(wanted) >= 8
    for line in wanted:
        command, _, target = line.partition(" > ")
        words = shlex.split(command, comments=True)
        done = run(words + (PILOT_IN_A_TEST if words[1] == "pilot" and "--example" not in words else []), tmp_path)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        if target:
            (tmp_path / target.split("#")[0].strip()).write_text(done.stdout, encoding="utf-8")
