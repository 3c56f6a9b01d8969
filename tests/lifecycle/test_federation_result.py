"""A life takes its federated numbers from what `setsuden federate` wrote: the same sums as the bill."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from setsuden.errors import InputError
from setsuden.lifecycle import Answer, answer
from setsuden.lifecycle.reading import read_file
from tests.federated.study.support import FLEET, SHORT, TINY, outcome

LIFE = """
months: 12
requests_per_day: 1000
site: FR
pue: 1.2
train: {energy_kwh: 10}
serve: {energy_j: 3.6}
federated: {result: out, topology: TOPOLOGY, average_kwh_per_gb: 0, marginal_w_per_mbps: 0}
"""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    from setsuden.federated.study.document import document

    return document(outcome(TINY + SHORT + "topologies: [server, ring]\ncompare: {networks: [attribution]}\n" + FLEET))


def life(folder: Path, document: dict[str, Any], said: str) -> Answer:
    (folder / "out").mkdir()
    (folder / "out" / "result.json").write_text(json.dumps(document), encoding="utf-8")
    (folder / "life.yaml").write_text(said, encoding="utf-8")
    return answer(*read_file(folder / "life.yaml"))


@pytest.mark.parametrize(("topology", "index"), [("server", 0), ("ring", 1)])
def test_energy_and_carbon_of_the_clients_are_those_of_the_bill(
    document: dict[str, Any], tmp_path: Path, topology: str, index: int
) -> None:
    found = life(tmp_path, document, LIFE.replace("TOPOLOGY", topology)).federated[0]
    bill = document["trainings"][index]["bill"]
    clients, server = bill["by_party"]["clients"], bill["by_party"]["server"]
    joules = clients["energy"]["value"] + server["energy"]["value"]  # the plan's PUE is the bill's own here
    assert bill["pue"] == 1.2
    assert found.federated.value * 3.6e6 == pytest.approx(joules)
    grams = clients["carbon"]["value"] + server["carbon"]["value"]
    assert found.federated_carbon.value * 1e3 == pytest.approx(grams, rel=1e-6)


def test_bytes_and_data_are_those_of_the_trace(document: dict[str, Any], tmp_path: Path) -> None:
    said = LIFE.replace("TOPOLOGY", "ring").replace("average_kwh_per_gb: 0", "average_kwh_per_gb: 3.6")
    found = life(tmp_path, document, said).federated[1]
    training, central = document["trainings"][1], document["centralised"]
    moved = training["bytes"]["peer"] / 1e9 * 3.6
    bill = training["bill"]["by_party"]
    joules = sum(bill[party]["energy"]["value"] for party in ("clients", "server"))
    assert found.federated.value == pytest.approx(joules / 3.6e6 + moved)
    assert found.central.value == pytest.approx(10 * 1.2 + central["upload_bytes"] / 1e9 * 3.6)


def test_what_is_stated_beside_the_result_goes_before_it(document: dict[str, Any], tmp_path: Path) -> None:
    said = LIFE.replace("topology: TOPOLOGY", "topology: server, rounds: 200, site: FR, server_j_per_round: 0")
    found = life(tmp_path, document, said).federated[0]
    training = document["trainings"][0]
    clients = training["bill"]["by_party"]["clients"]["energy"]["value"]
    assert found.federated.value * 3.6e6 == pytest.approx(clients * 200 / training["rounds"])


@pytest.mark.parametrize(
    ("change", "said", "message"),
    [
        ({}, "topology: torus", "no such training"),
        ({}, "seed: 0", "several topologies"),
        ({"schema": "setsuden:pilot"}, "topology: server", "not the result of a federation"),
        ({"unpriced": True}, "topology: server", "not priced"),
    ],
)
def test_what_does_not_fit_is_one_sentence_with_its_line(
    document: dict[str, Any], tmp_path: Path, change: dict[str, Any], said: str, message: str
) -> None:
    changed = json.loads(json.dumps(document)) | {key: change[key] for key in change if key != "unpriced"}
    if "unpriced" in change:
        for training in changed["trainings"]:
            training["bill"] = None
    with pytest.raises(InputError, match=message) as error:
        life(tmp_path, changed, LIFE.replace("topology: TOPOLOGY", said))
    assert "life.yaml:8" in str(error.value)


def test_a_result_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "life.yaml").write_text(LIFE.replace("TOPOLOGY", "server"), encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        read_file(tmp_path / "life.yaml")
