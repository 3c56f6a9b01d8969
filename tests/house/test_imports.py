"""Importing the package stays cheap: nothing heavy is loaded until it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "sqlalchemy", "scipy", "sklearn", "pandas", "pydantic", "jinja2", "rich", "yaml", "matplotlib")


def loaded_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(' '.join(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import setsuden",
        "import setsuden.quantity",
        "import setsuden.catalogue",
        "import setsuden.sensors",
        "import setsuden.ledger",
        "import setsuden.meter",
        "from setsuden import meter, Ledger, Estimate",
        "import setsuden.cli.main",
    ],
)
def test_the_measuring_path_loads_nothing_heavy(statement: str) -> None:
    assert loaded_after(statement) == set()


def test_plain_import_does_not_even_load_numpy() -> None:
    code = "import sys, setsuden; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
