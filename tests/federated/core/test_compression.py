from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from setsuden.errors import InputError
from setsuden.federated.compression import Compression, Encoded, Plain, Quantise, TopK
from setsuden.federated.compression.sparse import largest

ALL: list[Compression] = [
    Plain(),
    TopK(share=0.01),
    TopK(share=0.3),
    Quantise(bits=8, block=16),
    Quantise(bits=4, block=16),
]
vectors = arrays(np.float32, st.integers(1, 200), elements=st.floats(-1e3, 1e3, width=32))


@given(vectors, st.sampled_from(ALL))
def test_the_length_is_known_before_and_every_place_comes_back(update: np.ndarray, code: Compression) -> None:
    message = code.encode(update, np.random.default_rng(0))
    assert message.nbytes == len(message.data) == code.encoded_bytes(len(update))
    assert code.decode(message).shape == update.shape


@given(vectors, st.sampled_from([4, 8]))
def test_a_quantised_value_is_within_one_level(update: np.ndarray, bits: int) -> None:
    code = Quantise(bits=bits, block=16)
    found = code.decode(code.encode(update, np.random.default_rng(1)))
    for start in range(0, len(update), 16):
        part = slice(start, start + 16)
        level = float(np.abs(update[part]).max()) / code.levels
        assert np.abs(found[part] - update[part]).max() <= level * (1 + 1e-5) + 1e-37  # below float32's normal range


@pytest.mark.parametrize("bits", [4, 8])
def test_quantisation_is_unbiased(bits: int) -> None:
    code, random = Quantise(bits=bits, block=8), np.random.default_rng(2)
    update = random.normal(size=8).astype(np.float32)
    repeats = 4000
    mean = np.mean([code.decode(code.encode(update, random)) for _ in range(repeats)], axis=0)
    level = float(np.abs(update).max()) / code.levels
    assert mean == pytest.approx(update, abs=5 * 0.5 * level / np.sqrt(repeats))


@given(vectors, st.floats(0.01, 1.0))
def test_top_k_keeps_the_largest_and_sends_them_exactly(update: np.ndarray, share: float) -> None:
    code = TopK(share=share)
    found = code.decode(code.encode(update, np.random.default_rng(0)))
    kept = largest(update, code.kept(len(update)))
    assert np.array_equal(found[kept], update[kept])
    left = np.setdiff1d(np.arange(len(update)), kept)
    assert not found[left].any()
    if len(left):
        assert np.abs(update[left]).max() <= np.abs(update[kept]).min()


def test_plain_costs_four_bytes_and_tops_cost_as_declared() -> None:
    assert Plain().encoded_bytes(1000) == 4008
    assert TopK(share=0.01).encoded_bytes(100_000) == 8 + 4 + 8 * 1000
    assert TopK(share=0.1).encoded_bytes(100_000) == 8 + 4 + 4 * 10_000 + 12_500
    assert Quantise(bits=8, block=1024).encoded_bytes(80_000) == 8 + 4 * 79 + 80_000
    assert Quantise(bits=4, block=1024).encoded_bytes(80_001) == 8 + 4 * 79 + 40_001


@pytest.mark.parametrize("code", ALL)
@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data + b"x", lambda data: data[:4]])
def test_damaged_bytes_are_refused(code: Compression, damage) -> None:  # type: ignore[no-untyped-def]
    message = code.encode(np.ones(50, dtype=np.float32), np.random.default_rng(0))
    with pytest.raises(InputError):
        code.decode(Encoded(damage(message.data)))


def test_a_message_of_another_compression_is_refused() -> None:
    message = Plain().encode(np.ones(3, dtype=np.float32), np.random.default_rng(0))
    with pytest.raises(InputError, match="another compression"):
        TopK().decode(message)
    whole = Quantise(bits=8).encode(np.ones(4, dtype=np.float32), np.random.default_rng(0))
    with pytest.raises(InputError, match="8 bits"):
        Quantise(bits=4).decode(whole)


def test_zeros_stay_zero() -> None:
    for code in ALL:
        assert not code.decode(code.encode(np.zeros(20, dtype=np.float32), np.random.default_rng(0))).any()
