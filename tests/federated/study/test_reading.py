"""A declared federation becomes the trainings it asks for, or one sentence about the line that is wrong."""

from __future__ import annotations

import pytest

from setsuden.errors import InputError
from setsuden.federated.algorithms import FedProx
from setsuden.federated.compression import TopK
from setsuden.federated.selection import CarbonAware
from setsuden.federated.study.reading import Federation, example_text, read
from setsuden.federated.topology import Gossip, Hierarchical
from setsuden.places import parse_yaml

LEAST = "data: digits\nmodel: logistic\nclients: 5\n"


def federation(text: str) -> Federation:
    return read(parse_yaml(text, "f.yaml", "federate"))


def test_the_example_is_valid_and_trains_every_topology_it_names() -> None:
    found = federation(example_text())
    assert [task.topology.name for task in found.tasks] == ["server", "ring", "gossip(2)"]
    assert {task.clients for task in found.tasks} == {20}


def test_data_model_and_clients_are_enough() -> None:
    (task,) = federation(LEAST).tasks
    assert task.topology.name == "server"
    assert task.partition.name == "iid"


def test_every_topology_is_trained_with_every_seed() -> None:
    tasks = federation(LEAST + "topologies: [server, {kind: hierarchical, aggregators: 2}]\nseeds: [3, 4]\n").tasks
    assert [(task.topology.name.split("(")[0], task.seed) for task in tasks] == [
        ("server", 3), ("server", 4), ("hierarchical", 3), ("hierarchical", 4),
    ]  # fmt: skip
    assert isinstance(tasks[2].topology, Hierarchical)


def test_repetitions_differ_in_their_seed_and_share_the_partition() -> None:
    first, second = federation(LEAST + "partition: {kind: dirichlet, alpha: 0.5}\nseeds: [0, 1]\n").tasks
    assert first.partition is second.partition
    assert first.seed != second.seed


def test_choices_take_their_parameters() -> None:
    (task,) = federation(
        LEAST
        + "algorithm: {kind: fedprox, mu: 0.5}\nselection: {kind: carbon-aware, cohort: 2, sharpness: 1.5}\n"
        + "compression: {kind: top-k, share: 0.25}\n"
    ).tasks
    assert task.algorithm == FedProx(mu=0.5)
    assert task.selection == CarbonAware(cohort=2, sharpness=1.5)
    assert task.compression == TopK(share=0.25)


def test_a_graph_is_read_from_its_edges() -> None:
    (task,) = federation(LEAST + "topologies: [{kind: edges, pairs: [[0, 1], [1, 2], [2, 3], [3, 4]]}]\n").tasks
    assert task.topology.edges(5, 0, 1).tolist() == [[0, 1], [1, 2], [2, 3], [3, 4]]


def test_gossip_keeps_its_own_degree() -> None:
    (task,) = federation(LEAST + "topologies: {kind: gossip, degree: 4}\n").tasks
    assert task.topology == Gossip(degree=4)


@pytest.mark.parametrize(
    ("more", "place", "message"),
    [
        ("algorithm: fedavgg\n", "f.yaml:4: algorithm", "Did you mean fedavg"),
        ("algorithm: {kind: fedprox, nu: 1}\n", "f.yaml:4: algorithm.nu", "unknown key"),
        ("algorithm: {kind: fedprox, mu: -1}\n", "f.yaml:4: algorithm.mu", "at least 0"),
        ("algorithm: {kind: fedprox, mu: x}\n", "f.yaml:4: algorithm.mu", "must be a number"),
        ("local: {epochs: 0}\n", "f.yaml:4: local.epochs", "at least 1"),
        ("stop: {target: 90}\n", "f.yaml:4: stop.target", "Write 85 % as 0.85"),
        ("stop: {tarjet: 0.9}\n", "f.yaml:4: stop.tarjet", "Did you mean target?"),
        ("selection: {kind: deadline}\n", "f.yaml:4: selection.deadline_s", "is required"),
        ("compression: {kind: quantise, bits: 5}\n", "f.yaml:4: compression.bits", "4 or 8"),
        ("topologies: []\n", "f.yaml:4: topologies", "must not be empty"),
        ("topologies: [ring, ring]\n", "f.yaml:4: topologies[1]", "listed twice"),
        ("topologies: [ring]\nalgorithm: scaffold\n", "f.yaml:4: topologies[0]", "needs a server"),
        ("topology: ring\n", "f.yaml:4: topology", "Did you mean topologies?"),
        ("partition: dirichlet\n", "f.yaml:4: partition", "needs alpha"),
        ("partition: {kind: iid, alpha: 1}\n", "f.yaml:4: partition", "takes no alpha"),
        ("partition: natural\n", "f.yaml:4: partition", "does not say who"),
        ("seeds: [1, 1]\n", "f.yaml:1", "a seed is listed twice"),
        ("centralised: {epochs: 0}\n", "f.yaml:4: centralised", "at least 1"),
        ("model: resnet-999\n", "f.yaml:4: model", "given twice"),
        ("colour: red\n", "f.yaml:4: colour", "unknown key"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(more: str, place: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        federation(LEAST + more)
    assert str(caught.value).startswith(place)
    assert message in str(caught.value)


def test_more_clients_than_samples_are_refused_at_the_partition() -> None:
    with pytest.raises(InputError, match=r"f\.yaml:3: .*cannot give 100000 clients"):
        federation("data: digits\nmodel: logistic\nclients: 100000\n")


def test_a_model_that_does_not_exist_is_found_before_the_data_is_read() -> None:
    with pytest.raises(InputError, match=r"f\.yaml:2: model"):
        federation("data: {name: fashion-mnist, folder: /nowhere}\nmodel: resnet-999\nclients: 5\n")
