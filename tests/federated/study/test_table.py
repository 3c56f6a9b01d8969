"""Studies in one table: the figures are those of the documents, ratios stand on one grid and across grids."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.federated.study.support import FLEET, SHORT, TINY, outcome
from tests.schemas_support import validate

from setsuden.cli.main import main
from setsuden.errors import InputError
from setsuden.federated.study.document import document
from setsuden.federated.study.table import table

COMPARE = "compare: {countries: [FR, CN], devices: [board], networks: [attribution]}\n"


@pytest.fixture(scope="module")
def found() -> dict[str, object]:
    return document(outcome(TINY + SHORT + COMPARE + FLEET))


def test_a_table_has_both_sides_in_every_country_and_both_kinds_of_ratio(found: dict[str, object]) -> None:
    made = table([found])
    assert made.places == ("FR", "CN")
    central, sent, federated = made.lines
    assert (central.topology, central.upload, sent.upload, federated.device) == (None, False, True, "board")
    low, high = federated.same_upload or (0.0, 0.0)
    assert low == pytest.approx(high)
    assert low == pytest.approx(federated.carbon_g["FR"][0] / sent.carbon_g["FR"][0])
    assert federated.cross_upload == pytest.approx(
        (
            federated.carbon_g["FR"][0] / sent.carbon_g["CN"][0],
            federated.carbon_g["CN"][0] / sent.carbon_g["FR"][0],
        )
    )
    validate("federate-table", json.loads(json.dumps({"schema": "setsuden:federate-table", **asdict(made)})))


def test_studies_that_compare_no_countries_or_others_are_refused(found: dict[str, object]) -> None:
    with pytest.raises(InputError, match="compares no countries"):
        table([found | {"comparison": []}])
    others = document(outcome(TINY + SHORT + COMPARE.replace("CN", "US") + FLEET))
    with pytest.raises(InputError, match="different countries"):
        table([found, others])


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_command_prints_the_table_of_files_and_folders(found: dict[str, object], lang: str, tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(json.dumps(found))
    words = [str(tmp_path), str(tmp_path / "result.json"), "--lang", lang]
    done = CliRunner().invoke(main, ["federate", "table", *words])
    assert done.exit_code == 0, done.output
    assert done.stdout.count(", board") == 2
    refused = CliRunner().invoke(main, ["federate", "table", str(tmp_path / "none.json")])
    assert refused.exit_code == 2
