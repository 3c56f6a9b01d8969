"""Writing small foreign files and importing them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from setsuden.cli.main import main
from setsuden.ledger import Ledger, RunRecord
from tests.schemas_support import validate

HEADER = (
    "timestamp,project_name,run_id,duration,emissions,cpu_energy,gpu_energy,ram_energy,energy_consumed,"
    "cpu_model,gpu_count,gpu_model,pue"
)


def imported(*words: str) -> Result:
    return CliRunner().invoke(main, ["import", *words])


def document(*words: str) -> dict[str, Any]:
    result = imported(*words, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    validate("import", found)
    assert isinstance(found, dict)
    return found


def run(*words: str) -> RunRecord:
    """The one run that an import made, read back from the ledger."""
    (made,) = document(*words)["runs"]
    return Ledger.open(create=False).run(made["id"])


def refused(*words: str) -> str:
    """The sentence of an import that is wrong use and leaves nothing behind."""
    result = imported(*words)
    assert result.exit_code == 2, result.output
    assert len(result.stderr.strip().splitlines()) == 1
    assert CliRunner().invoke(main, ["runs", "--json"]).stdout.replace("\n", "").replace(" ", "") == '{"runs":[]}'
    return result.stderr


def file(folder: Path, name: str, content: object) -> str:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


def codes(record: RunRecord) -> list[str]:
    assert record.root is not None
    return [flag.code for flag in record.root.flags]


def joules(record: RunRecord) -> float:
    assert record.summary.energy is not None
    return record.summary.energy.value
