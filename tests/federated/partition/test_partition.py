"""Who holds what: every sample once, sizes and skews as promised."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.federated import partition
from setsuden.federated.partition import Partition
from setsuden.workload.data import Dataset


def made(labels: NDArray[np.int64], classes: int | None = None, groups: NDArray[np.str_] | None = None) -> Dataset:
    x = np.zeros((len(labels), 2), dtype=np.float32)
    count = classes or int(labels.max()) + 1
    return Dataset(
        name="made", domain="tabular", x_train=x, y_train=labels, x_test=x[:1], y_test=labels[:1] * 0,
        num_classes=count, classes=tuple(str(i) for i in range(count)), source="made", licence="none",
        description="made", groups_train=groups,
    )  # fmt: skip


labels = st.lists(st.integers(0, 4), min_size=1, max_size=80).map(lambda found: np.array(found, dtype=np.int64))
alphas = st.floats(1e-3, 1e3)
seeds = st.integers(0, 2**32 - 1)


def covers(parted: Partition, samples: int) -> None:
    together = np.concatenate(parted.indices)
    assert sorted(together.tolist()) == list(range(samples))
    assert all((np.diff(rows) > 0).all() for rows in parted.indices)
    assert parted.sizes.sum() == samples


@given(labels, st.integers(1, 90), alphas, seeds, st.sampled_from(["iid", "dirichlet", "quantity", "shards", "lda"]))
def test_every_sample_is_at_exactly_one_client(
    found: NDArray[np.int64], clients: int, alpha: float, seed: int, kind: str
) -> None:
    data = made(found, 5)
    makers = {
        "iid": lambda: partition.iid(data, clients, seed),
        "dirichlet": lambda: partition.dirichlet(data, clients, alpha, seed),
        "quantity": lambda: partition.quantity_skew(data, clients, alpha, seed),
        "shards": lambda: partition.shards(data, clients, 1, seed),
        "lda": lambda: partition.equal_lda(data, clients, alpha, seed),
    }
    if clients > len(found):
        with pytest.raises(InputError, match="cannot give"):
            makers[kind]()
        return
    parted = makers[kind]()
    covers(parted, len(found))
    assert parted.clients == clients
    assert parted.sizes.min() >= 1
    if kind in {"iid", "lda"}:
        assert parted.sizes.max() - parted.sizes.min() <= 1
    again = makers[kind]()
    assert all((one == other).all() for one, other in zip(parted.indices, again.indices, strict=True))


@given(labels, st.integers(1, 90), alphas, seeds)
def test_empty_clients_come_only_where_they_are_asked_for_and_are_told(
    found: NDArray[np.int64], clients: int, alpha: float, seed: int
) -> None:
    data = made(found, 5)
    for parted in (
        partition.dirichlet(data, clients, alpha, seed, minimum=0),
        partition.quantity_skew(data, clients, alpha, seed, minimum=0),
    ):
        covers(parted, len(found))
        assert parted.empty == int((parted.sizes == 0).sum())
        assert ("hold nothing" in parted.describe(data.y_train, 5)) == (parted.empty > 0)


def test_another_seed_parts_otherwise() -> None:
    data = made(np.arange(200) % 10)
    for maker in (
        lambda seed: partition.iid(data, 8, seed),
        lambda seed: partition.dirichlet(data, 8, 0.5, seed),
        lambda seed: partition.quantity_skew(data, 8, 0.5, seed),
        lambda seed: partition.shards(data, 8, 2, seed),
        lambda seed: partition.equal_lda(data, 8, 0.5, seed),
    ):
        one, other = maker(0), maker(1)
        assert any(not np.array_equal(a, b) for a, b in zip(one.indices, other.indices, strict=True))


@pytest.mark.parametrize("alpha", [0.1, 0.5, 5.0])
def test_shares_of_a_class_have_the_moments_of_a_dirichlet(alpha: float) -> None:
    # 400 classes of 1,000 samples: a client's share has mean 1/K and variance (K - 1) / (K^2 (K alpha + 1)).
    clients, classes, each = 5, 400, 1_000
    data = made(np.repeat(np.arange(classes), each))
    parted = partition.dirichlet(data, clients, alpha, seed=7, minimum=0)
    shares = parted.label_counts(data.y_train, classes) / each
    assert np.allclose(shares.sum(axis=0), 1.0)
    assert np.allclose(shares.mean(axis=1), 1 / clients, atol=0.05)
    expected = (clients - 1) / (clients**2 * (clients * alpha + 1))
    assert shares.var() == pytest.approx(expected, rel=0.12)


@pytest.mark.parametrize("alpha", [0.2, 2.0])
def test_sizes_have_the_moments_of_a_dirichlet(alpha: float) -> None:
    data, clients = made(np.zeros(100_000, dtype=np.int64)), 1_000
    parted = partition.quantity_skew(data, clients, alpha, seed=3, minimum=0)
    shares = parted.sizes / 100_000
    expected = (clients - 1) / (clients**2 * (clients * alpha + 1))
    assert shares.var() == pytest.approx(expected, rel=0.15)


def test_mixes_of_equal_clients_have_the_moments_of_a_dirichlet() -> None:
    # So many samples that no class runs out for the first clients.
    classes, alpha = 4, 0.5
    data = made(np.tile(np.arange(classes), 50_000))
    parted = partition.equal_lda(data, 2_000, alpha, seed=5)
    shares = parted.label_counts(data.y_train, classes)[:1_000] / 100
    expected = (classes - 1) / (classes**2 * (classes * alpha + 1))
    drawn = expected + (1 / classes * (1 - 1 / classes) - expected) / 100  # a hundred samples drawn from each mix
    assert shares.mean(axis=0) == pytest.approx(np.full(classes, 0.25), abs=0.03)
    assert shares.var() == pytest.approx(drawn, rel=0.1)


def test_skew_is_the_mean_total_variation() -> None:
    data = made(np.array([0, 0, 0, 1]))
    alike = Partition((np.array([0, 1, 2, 3]),), "one")
    apart = Partition((np.array([0, 1, 2]), np.array([3])), "two")
    assert alike.skew(data.y_train, 2) == 0.0
    assert apart.skew(data.y_train, 2) == pytest.approx((0.25 + 0.75) / 2)
    assert "label skew 0.500" in apart.describe(data.y_train, 2)


def test_skew_falls_as_alpha_grows() -> None:
    data = made(np.arange(20_000) % 10)
    for maker in (partition.dirichlet, partition.equal_lda):
        skews = [maker(data, 20, alpha, 1).skew(data.y_train, 10) for alpha in (0.05, 0.5, 5.0, 500.0)]
        assert skews == sorted(skews, reverse=True)
        assert skews[0] > 0.6
        assert skews[-1] < 0.1


def test_equal_lda_means_by_alpha_what_dirichlet_means() -> None:
    data = made(np.arange(40_000) % 10)
    one, other = (
        maker(data, 40, 0.3, 2).skew(data.y_train, 10) for maker in (partition.dirichlet, partition.equal_lda)
    )
    assert one == pytest.approx(other, abs=0.08)


def test_shards_hold_few_labels() -> None:
    data = made(np.repeat(np.arange(10), 60))
    counts = partition.shards(data, 30, 2, seed=0).label_counts(data.y_train, 10)
    assert ((counts > 0).sum(axis=1) <= 2).all()
    assert counts.sum(axis=1).tolist() == [20] * 30


def test_one_class_can_be_parted() -> None:
    data = made(np.zeros(30, dtype=np.int64))
    for parted in (
        partition.iid(data, 4),
        partition.dirichlet(data, 4, 0.1),
        partition.shards(data, 4),
        partition.equal_lda(data, 4, 0.1),
    ):
        covers(parted, 30)
        assert parted.skew(data.y_train, 1) == 0.0


def test_each_speaker_is_a_client() -> None:
    groups = np.array(["b", "a", "b", "c", "a"])
    data = made(np.array([0, 1, 0, 1, 1]), groups=groups)
    parted = partition.natural(data)
    assert [rows.tolist() for rows in parted.indices] == [[1, 4], [0, 2], [3]]
    assert parted.name == "natural"


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60), st.integers(1, 12), seeds)
def test_groups_are_never_torn_apart(groups: list[int], clients: int, seed: int) -> None:
    data = made(np.zeros(len(groups), dtype=np.int64))
    array = np.array(groups)
    if clients > len(set(groups)):
        with pytest.raises(InputError, match="cannot give"):
            partition.natural(data, array, clients, seed)
        return
    parted = partition.natural(data, array, clients, seed)
    covers(parted, len(groups))
    assert parted.sizes.min() >= 1
    holders = [{client for client, rows in enumerate(parted.indices) if group in array[rows]} for group in set(groups)]
    assert all(len(holder) == 1 for holder in holders)


def test_whole_groups_are_dealt_evenly() -> None:
    data = made(np.zeros(100, dtype=np.int64))
    parted = partition.natural(data, np.repeat(np.arange(20), 5), 4)
    assert parted.sizes.tolist() == [25] * 4


def test_data_without_groups_says_so() -> None:
    with pytest.raises(InputError, match="does not say who its samples came from"):
        partition.natural(made(np.array([0, 1])))


def test_groups_of_another_length_are_refused() -> None:
    with pytest.raises(InputError, match="2 training samples need one group each"):
        partition.natural(made(np.array([0, 1])), [1, 2, 3])


@pytest.mark.parametrize("alpha", [0.0, -1.0, float("nan"), float("inf")])
def test_a_concentration_must_be_positive(alpha: float) -> None:
    data = made(np.arange(20) % 2)
    for maker in (partition.dirichlet, partition.quantity_skew, partition.equal_lda):
        with pytest.raises(InputError, match="concentration must be positive"):
            maker(data, 3, alpha)


def test_nonsense_counts_are_refused() -> None:
    data = made(np.arange(20) % 2)
    with pytest.raises(InputError, match="at least one client"):
        partition.iid(data, 0)
    with pytest.raises(InputError, match="whole number"):
        partition.iid(data, 2.5)
    with pytest.raises(InputError, match="cannot give 7 clients 3 each"):
        partition.dirichlet(data, 7, 1.0, minimum=3)
    with pytest.raises(InputError, match="cannot be negative"):
        partition.dirichlet(data, 7, 1.0, minimum=-1)
    with pytest.raises(InputError, match="at least one shard"):
        partition.shards(data, 7, 0)


def test_a_least_size_is_kept() -> None:
    data = made(np.arange(300) % 10)
    parted = partition.dirichlet(data, 25, 0.05, seed=1, minimum=6)
    covers(parted, 300)
    assert parted.sizes.min() >= 6


@pytest.mark.parametrize(
    "rows", [([0, 1], [1, 2]), ([0, 2],), ([0, 1], [3]), ([-1, 0],)], ids=["twice", "missing", "gap", "negative"]
)
def test_a_partition_that_loses_or_doubles_samples_is_refused(rows: tuple[list[int], ...]) -> None:
    with pytest.raises(InputError, match="exactly one client"):
        Partition(tuple(np.array(part, dtype=np.int64) for part in rows), "wrong")


def test_a_partition_cannot_be_changed() -> None:
    parted = partition.iid(made(np.arange(10) % 2), 3)
    with pytest.raises(ValueError, match="read-only"):
        parted.indices[0][0] = 9


def test_labels_of_another_data_set_are_refused() -> None:
    with pytest.raises(InputError, match="3 labels for a partition of 4 samples"):
        partition.iid(made(np.arange(4)), 2).skew(np.arange(3), 4)
