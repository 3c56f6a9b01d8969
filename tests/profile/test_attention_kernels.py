"""Attention kernels that only accelerators run, called with the arguments that their operators take."""

from __future__ import annotations

import pytest
import torch

from setsuden.workload.profile.formulas import all_formulas

FORMULAS = all_formulas()
HEADS, WIDTH, VALUE_WIDTH = 4, 8, 6
LENGTHS_Q, LENGTHS_K = (3, 5, 1), (2, 7, 4)
TOKENS_Q, TOKENS_K = sum(LENGTHS_Q), sum(LENGTHS_K)
PAIRS = 3 * 2 + 5 * 7 + 1 * 4
PACKED = PAIRS * HEADS * (WIDTH + VALUE_WIDTH)


def qkv(*before: int, q: int, k: int, device: str = "cpu") -> list[torch.Tensor]:
    shapes = [(*before, q, HEADS, WIDTH), (*before, k, HEADS, WIDTH), (*before, k, HEADS, VALUE_WIDTH)]
    return [torch.empty(shape, device=device) for shape in shapes]


def starts(lengths: tuple[int, ...], device: str = "cpu") -> torch.Tensor:
    return torch.tensor([0, *lengths], device=device).cumsum(0)


def forward(kernel: str, tensors: list[torch.Tensor], *lengths: object) -> int:
    bias = [None] if kernel == "efficient" else []
    return FORMULAS[f"aten::_{kernel}_attention_forward"]([*tensors, *bias, *lengths], {}, None)


def backward(kernel: str, tensors: list[torch.Tensor], *lengths: object) -> int:
    # two arguments stand between the values and the lengths: out and logsumexp, or bias and out
    return FORMULAS[f"aten::_{kernel}_attention_backward"]([None, *tensors, None, None, *lengths], {}, None)


@pytest.mark.parametrize("kernel", ["flash", "efficient"])
def test_sequences_of_one_length_meet_query_by_key_in_every_head(kernel: str) -> None:
    tensors = qkv(3, q=5, k=7)
    expected = 3 * HEADS * 5 * 7 * (WIDTH + VALUE_WIDTH)
    assert forward(kernel, tensors, None, None, 5, 7) == expected
    assert backward(kernel, tensors, None, None, 5, 7) == 2 * expected


@pytest.mark.parametrize(("kernel", "before"), [("flash", ()), ("efficient", (1,))])
def test_packed_sequences_meet_only_their_own_keys(kernel: str, before: tuple[int, ...]) -> None:
    tensors = qkv(*before, q=TOKENS_Q, k=TOKENS_K)
    lengths = (starts(LENGTHS_Q), starts(LENGTHS_K), max(LENGTHS_Q), max(LENGTHS_K))
    assert forward(kernel, tensors, *lengths) == PACKED
    assert backward(kernel, tensors, *lengths) == 2 * PACKED


@pytest.mark.parametrize(
    ("kernel", "before", "names"),
    [
        ("flash", (), ("cum_seq_q", "cum_seq_k", "max_q", "max_k")),
        ("efficient", (1,), ("cu_seqlens_q", "cu_seqlens_k", "max_seqlen_q", "max_seqlen_k")),
    ],
)
def test_lengths_given_by_name_are_found(kernel: str, before: tuple[int, ...], names: tuple[str, ...]) -> None:
    lengths = (starts(LENGTHS_Q), starts(LENGTHS_K), max(LENGTHS_Q), max(LENGTHS_K))
    named = dict(zip(names, lengths, strict=True))
    formula = FORMULAS[f"aten::_{kernel}_attention_forward"]
    assert formula(qkv(*before, q=TOKENS_Q, k=TOKENS_K), named, None) == PACKED


@pytest.mark.parametrize(("kernel", "before"), [("flash", ()), ("efficient", (1,))])
def test_packed_sequences_without_data_are_counted_against_the_longest(kernel: str, before: tuple[int, ...]) -> None:
    tensors = qkv(*before, q=TOKENS_Q, k=TOKENS_K, device="meta")
    lengths = (starts(LENGTHS_Q, "meta"), starts(LENGTHS_K, "meta"), max(LENGTHS_Q), max(LENGTHS_K))
    bound = TOKENS_Q * max(LENGTHS_K) * HEADS * (WIDTH + VALUE_WIDTH)
    assert forward(kernel, tensors, *lengths) == bound >= PACKED


def test_the_fast_path_of_an_encoder_counts_projections_scores_and_feed_forward() -> None:
    batch, length, width, hidden = 2, 5, 8, 32
    source = torch.empty(batch, length, width, device="meta")
    first, second = torch.empty(hidden, width, device="meta"), torch.empty(width, hidden, device="meta")
    args = [source, width, *[None] * 12, first, None, second]
    each = 4 * length * width**2 + 2 * length**2 * width + 2 * length * width * hidden
    assert FORMULAS["aten::_transformer_encoder_layer_fwd"](args, {}, None) == batch * each


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning")
def test_nested_sequences_are_counted_at_their_own_lengths() -> None:
    width, lengths = 8, (3, 5)
    nested = torch.nested.nested_tensor([torch.zeros(length, width) for length in lengths])
    found = FORMULAS["aten::_native_multi_head_attention"]([nested, nested, nested, width], {}, None)
    assert found == sum(4 * length * width**2 + 2 * length**2 * width for length in lengths)
