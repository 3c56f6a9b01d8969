"""What transformers, decoding and training use up, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.predict.domain import domains_of
from setsuden.predict.frame import rows_of
from setsuden.predict.sheet import sheet
from setsuden.predict.table import fit
from setsuden.predict.terms import TERMS, terms
from setsuden.predict.work import (
    at_once,
    busy,
    demand_gain,
    limited_power,
    passed_over_bytes,
    sustained_flops,
    touched_params,
    transformer,
)


@pytest.mark.parametrize(("width", "depth", "tokens"), [(1280, 36, 1024), (2560, 32, 2048), (1024, 24, 512)])
def test_width_and_depth_are_found_again_from_parameters_and_work(width: int, depth: int, tokens: int) -> None:
    params = 12 * depth * width**2 + 50_257 * width
    macs = tokens * params + 2 * tokens**2 * width * depth
    shape = transformer(np.array([float(params)]), np.array([float(macs)]), np.array([float(tokens)]))
    assert shape.width_depth[0] == pytest.approx(width * depth)
    assert shape.depth[0] == pytest.approx(depth)


def test_a_transformer_without_stated_work_has_a_usual_shape() -> None:
    shape = transformer(np.array([2.7e9, 2.7e9]), np.array([np.nan, 1.0]), np.array([1024.0, 1024.0]))
    assert np.allclose(shape.width_depth, shape.depth**2 * 80)
    assert np.allclose(12 * shape.depth * (80 * shape.depth) ** 2, 2.7e9)


def test_a_pipeline_fed_one_piece_is_no_faster_than_one_device() -> None:
    assert at_once("transformer step pp4_1", 4.0) == 1.0
    assert at_once("transformer step pp4_4", 4.0) == pytest.approx(16 / 7)
    assert at_once("transformer step dp4", 4.0) == 4.0


@settings(max_examples=60, deadline=None)
@given(active=st.floats(1, 300), more=st.floats(1.0, 50), batch=st.integers(1, 4096))
def test_a_step_reads_at_least_the_active_and_at_most_all_parameters(active: float, more: float, batch: int) -> None:
    one, some, next_one = np.sum(
        touched_params(
            np.full(3, active * more), np.full(3, active), np.array([1.0, float(batch), batch + 1.0]), ["mixture"] * 3
        ),
        axis=0,
    )
    assert one == pytest.approx(active)
    assert active * (1 - 1e-9) <= some <= active * more * (1 + 1e-9)
    assert next_one >= some


def test_a_name_that_counts_its_experts_tells_what_every_token_passes() -> None:
    always, experts = touched_params(
        np.array([400e9, 400e9, 8e9]),
        np.array([17e9, 17e9, 8e9]),
        np.ones(3),
        ["Llama-4-17B-128E-it", "other", "dense"],
    )
    assert always[0] + 128 * (17e9 - always[0]) == pytest.approx(400e9)
    assert always[1] == pytest.approx(0.4 * 17e9)
    assert (always + experts)[:2] == pytest.approx(17e9)
    assert (always[2], experts[2]) == (8e9, 0.0)


def test_a_busy_card_draws_less_than_limit_and_demand_and_more_with_a_higher_limit() -> None:
    limits = np.array([100.0, 150.0, 250.0, 400.0])
    drawn = limited_power(np.full(4, 225.0), limits)
    assert (np.diff(drawn) > 0).all()
    assert (drawn < np.minimum(limits, 225.0)).all()
    assert limited_power(np.array([1e4]), limits[:1])[0] == pytest.approx(100.0, rel=0.01)
    assert limited_power(np.array([225.0]), np.array([np.inf]))[0] == pytest.approx(225.0)


def test_what_is_left_of_an_error_in_the_demand_is_the_slope_of_the_draw() -> None:
    demand, limit = np.array([50.0, 150.0, 250.0]), np.full(3, 250.0)
    up, down = limited_power(demand * 1.001, limit), limited_power(demand / 1.001, limit)
    assert demand_gain(demand, limit) == pytest.approx(np.log(up / down) / (2 * np.log(1.001)), rel=1e-4)
    assert demand_gain(np.array([1e4]), limit[:1])[0] > 0


def test_a_card_is_busier_the_more_work_a_step_holds() -> None:
    half = 2.1e-3 * 15 * 9e11
    share = busy(np.array([1e-3, 1.0, 1e3]) * half, np.zeros(3), np.full(3, 9e11))
    assert share[1] == pytest.approx(0.5)
    assert share[0] < 0.001
    assert share[2] > 0.999


def test_large_embeddings_keep_a_card_busy_with_little_arithmetic() -> None:
    few, many = busy(np.full(2, 1e6), np.array([1e4, 1e9]), np.full(2, 9e11))
    assert few < 0.001
    assert many > 0.9


def test_a_small_card_cannot_hold_its_peak_and_a_large_one_can() -> None:
    rates = sustained_flops(np.array([8e12, 8e12]), np.array([70.0, 700.0]), np.array([2018.0, 2018.0]))
    assert rates[0] == pytest.approx(70 * 7e10, rel=0.01)
    assert rates[1] == pytest.approx(8e12, rel=0.01)


def test_a_fused_step_moves_fewer_bytes() -> None:
    shape = transformer(np.full(2, 7.7e8), np.full(2, 8.9e11), np.full(2, 1024.0))
    for plain, fused in passed_over_bytes(shape, np.full(2, 1024.0), ["transformer step", "transformer step fusion"]):
        assert fused < plain


def test_scores_of_attention_grow_with_the_square_of_the_tokens_and_the_rest_with_the_tokens() -> None:
    shape = transformer(np.full(2, 7.7e8), np.full(2, np.nan), np.array([1024.0, 2048.0]))
    wide, scores = passed_over_bytes(shape, np.array([1024.0, 2048.0]), ["transformer step"] * 2)
    assert wide[1] / wide[0] == pytest.approx(2.0)
    assert scores[1] / scores[0] == pytest.approx(4.0)


def test_one_die_of_a_two_die_card_has_half_of_its_power() -> None:
    assert sheet("AMD Instinct MI250", "gpu").power_w == pytest.approx(250.0)
    assert sheet("AMD Instinct MI250", "gpu", "fp32", 560.0).power_w == pytest.approx(280.0)
    assert sheet("AMD Instinct MI210", "gpu").power_w == pytest.approx(300.0)


def test_matrix_products_of_attention_are_a_resource_of_their_own() -> None:
    row = {"task": "kernel", "unit": "call", "gmacs": 10, "input": "B8 M512 N512 K64", "device": "Tesla T4"}
    rows = rows_of([{**row, "model": "linear"}, {**row, "model": "bmm"}])
    used = terms(rows, domains_of(rows), "seconds_per_unit", {})
    arithmetic, attention = TERMS.index("arithmetic"), TERMS.index("attention")
    assert used[0, arithmetic] == used[1, attention] > 0
    assert used[1, arithmetic] == used[0, attention] == 0


def test_training_power_grows_with_the_batch_and_with_the_limit_and_stays_below_it() -> None:
    row = {"mode": "train", "unit": "epoch", "gmacs": 0.05, "device": "NVIDIA Tesla V100", "device_tdp_w": 250}
    batches = fit(None, "power_w").predict([{**row, "power_limit_w": 250, "batch_size": b} for b in (8, 64, 512, 4096)])
    limits = fit(None, "power_w").predict([{**row, "power_limit_w": w, "batch_size": 4096} for w in (100, 150, 200)])
    unlimited = fit(None, "power_w").predict([{**row, "batch_size": 4096}])
    assert unlimited[0] == pytest.approx(batches[-1])
    assert list(batches) == sorted(batches)
    assert list(limits) == sorted(limits)
    assert batches[-1] > 2 * batches[0]
    assert (limits < 1.25 * np.array([100, 150, 200])).all()


def test_a_card_with_little_to_do_draws_what_it_is_known_to_idle_at() -> None:
    row = {"mode": "train", "unit": "epoch", "gmacs": 0.001, "batch_size": 1, "power_limit_w": 250}
    names = ("NVIDIA Tesla V100", "NVIDIA Tesla P100", "NVIDIA Quadro RTX 6000")
    rows = rows_of([{**row, "device": name} for name in names])
    used = terms(rows, domains_of(rows), "power_w", {})
    assert used[:, TERMS.index("known_idle")] == pytest.approx([35.0, 36.0, 0.0], rel=0.01)
    assert used[:, TERMS.index("idle")] == pytest.approx([0.0, 0.0, 260.0], rel=0.01)
    known, other, _ = fit(None, "power_w").predict(rows.numbers | rows.words)
    assert known == pytest.approx(35.0, rel=0.2)
    assert other == pytest.approx(36.0, rel=0.2)


def test_longer_sequences_and_bigger_models_take_longer_and_faster_cards_less() -> None:
    row = {"unit": "sequence", "mode": "infer", "params_m": 772, "gmacs": 887, "input": "1024 tokens", "batch_size": 4,
           "precision": "fp32", "device": "Tesla V100-PCIE-32GB", "device_class": "gpu"}  # fmt: skip
    longer = {**row, "gmacs": 1970, "input": "2048 tokens"}
    faster = {**row, "device": "NVIDIA H100 80GB HBM3"}
    smaller = {**row, "device": "Tesla T4"}
    said = fit(None, "seconds_per_unit").predict([faster, row, longer])
    assert list(said) == sorted(said)
    assert fit(None, "seconds_per_unit").predict([smaller])[0] > said[1]


def test_more_requests_at_once_make_a_token_cheaper() -> None:
    row = {"unit": "output token", "mode": "infer", "task": "lm-arena-chat", "params_m": 30000, "active_params_m": 3000,
           "input": "mean output 900 tokens", "precision": "bfloat16", "device": "NVIDIA H100", "device_class": "gpu",
           "device_tdp_w": 700, "device_count": 1}  # fmt: skip
    said = fit(None, "energy_j").predict([{**row, "batch_size": b} for b in (8, 32, 128, 512)])
    assert list(said) == sorted(said, reverse=True)
    assert (np.diff(np.log(said)) > -np.log(4.5)).all()
