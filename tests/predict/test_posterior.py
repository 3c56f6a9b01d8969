"""The process behind the tables, against closed forms and against refitting."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from setsuden.predict.base import fit_terms, non_negative
from setsuden.predict.domain import FEATURES
from setsuden.predict.kernel import LEVELS, Kernel, Points, covariance, likeness, variance
from setsuden.predict.posterior import Posterior, blocks, conformal, least_relative_error, normal_quantile
from setsuden.predict.sheet import sheet
from setsuden.predict.terms import TERMS
from setsuden.predict.words import model_words, similarity
from setsuden.predict.work import limited_power


def points(count: int, seed: int = 0) -> Points:
    random = np.random.default_rng(seed)
    names = tuple(f"{['resnet', 'vit', 'convnext'][i % 3]}{i % 7}_small" for i in range(count))
    cards = tuple(f"card{i % 2}" for i in range(count))
    software = tuple(("eager amp", "compiled amp", "eager fp32")[i % 3] for i in range(count))
    sizes = random.normal(size=(count, len(FEATURES)))
    return Points(sizes, names, names, cards, software, random.uniform(0.3, 1.0, count))


def kernel() -> Kernel:
    random = np.random.default_rng(1)
    return Kernel(random.uniform(0.0, 0.05, (len(LEVELS), 6)), random.uniform(1.0, 3.0, len(FEATURES)), 0.01)


def test_leaving_a_group_out_is_the_same_as_refitting_without_it() -> None:
    seen, residual = points(60), np.random.default_rng(2).normal(size=60)
    whole = Posterior.given(kernel(), seen, residual)
    error, deviation = whole.held_out(seen.groups)
    for block in blocks(seen.groups)[:5]:
        left = np.setdiff1d(np.arange(60), block)
        refitted = Posterior.given(kernel(), seen.take(left.tolist()), residual[left])
        asked = seen.take(block.tolist())
        assert np.allclose(residual[block] - refitted.mean(asked), error[block], atol=1e-6)
        assert np.allclose(refitted.mean_and_deviation(asked)[1], deviation[block], atol=1e-6)


def test_gross_errors_are_left_out_and_nothing_else() -> None:
    seen, random = points(60), np.random.default_rng(4)
    k = kernel()
    residual = np.linalg.cholesky(covariance(k, seen, seen) + 0.01 * np.eye(60)) @ random.normal(size=60)
    assert len(Posterior.trusting(k, seen, residual).points) == 60
    wrong = residual.copy()
    wrong[[7, 30]] += [9.0, -9.0]
    right = np.delete(np.arange(60), [7, 30])
    asked = points(20, seed=3)
    found, wanted = Posterior.trusting(k, seen, wrong), Posterior.given(k, seen.take(right.tolist()), residual[right])
    assert np.allclose(found.mean(asked), wanted.mean(asked))
    one, two = points(1), points(2)
    assert len(Posterior.trusting(k, one, np.array([50.0])).points) == 1  # the law alone contradicts no run
    assert len(Posterior.trusting(k, two, np.array([50.0, -50.0])).points) == 2


def test_fewer_than_three_runs_of_a_device_are_believed_however_far_off_they_lie() -> None:
    seen, k = points(60), kernel()
    residual = np.zeros(60)
    residual[[7, 31]] = 9.0, -9.0
    strange = replace(seen, devices=tuple("another card" if i in (7, 31) else d for i, d in enumerate(seen.devices)))
    assert len(Posterior.trusting(k, seen, residual).points) == 58
    assert len(Posterior.trusting(k, strange, residual).points) == 60


def test_covariance_is_symmetric_positive_and_has_the_stated_diagonal() -> None:
    matrix = covariance(kernel(), points(50), points(50))
    assert np.allclose(matrix, matrix.T)
    assert np.linalg.eigvalsh(matrix).min() > -1e-8
    assert np.allclose(np.diag(matrix), variance(kernel(), points(50)))


def test_devices_of_like_names_tell_of_each_other_where_they_are_siblings_and_no_device_is_more_than_itself() -> None:
    k = replace(kernel(), siblings=True)
    a = replace(points(3), devices=("jetson orin", "jetson agx orin", "odroid"))
    apart, related = covariance(kernel(), a, a), covariance(k, a, a)
    assert np.allclose(np.diag(related), variance(k, a))
    assert np.linalg.eigvalsh(related).min() > 0
    assert np.allclose(related[:2, 2], apart[:2, 2])
    assert likeness(a, a, siblings=True)[3][0].tolist() == pytest.approx([1.0, 2 / 6**0.5, 0.0])
    assert likeness(a, a)[3].tolist() == np.eye(3).tolist()


def test_one_measurement_pulls_by_its_share_of_the_variance() -> None:
    one = points(1)
    k = Kernel(np.array([[0.3, 0, 0, 0, 0, 0], *([[0] * 6] * 4)], dtype=float), np.full(len(FEATURES), np.inf), 0.1)
    posterior = Posterior.given(k, one, np.array([2.0]))
    own = 0.3 * one.gains[0] ** 2
    assert posterior.mean(one)[0] == pytest.approx(2.0 * own / (own + 0.1), rel=1e-6)
    assert posterior.mean_and_deviation(one)[1][0] ** 2 == pytest.approx(own - own**2 / (own + 0.1) + 0.1, rel=1e-6)


def test_conformal_widths_grow_with_the_level_and_lean_to_the_normal_when_groups_are_few() -> None:
    scores = np.abs(np.random.default_rng(0).normal(size=5000)) * 2
    wide = [conformal(scores, 1000, level) for level in (0.5, 0.8, 0.9, 0.95)]
    assert wide == sorted(wide)
    assert conformal(scores, 1000, 0.9) == pytest.approx(2 * 1.645, rel=0.12)
    assert conformal(scores, 1, 0.9) < conformal(scores, 1000, 0.9)
    assert conformal(np.empty(0), 0, 0.9) == normal_quantile(0.9) == pytest.approx(1.6449, abs=1e-4)


def test_the_shift_of_least_relative_error_beats_every_other() -> None:
    error = np.random.default_rng(5).normal(0.1, 0.4, 300)
    best = least_relative_error(error)
    losses = {shift: np.abs(np.exp(shift - error) - 1).mean() for shift in [best, *np.linspace(-1, 1, 81)]}
    assert min(losses, key=losses.__getitem__) == best


def test_where_errors_go_over_powers_of_ten_a_prediction_stays_near_its_middle() -> None:
    error = np.random.default_rng(6).normal(0, 5, 300)
    assert abs(least_relative_error(error)) <= 0.5


def test_non_negative_least_squares_meets_its_optimality_conditions() -> None:
    random = np.random.default_rng(3)
    for _ in range(20):
        matrix, wanted = random.normal(size=(40, 5)), random.normal(size=40)
        x = non_negative(matrix, wanted)
        slope = matrix.T @ (matrix @ x - wanted)
        assert (x >= 0).all()
        assert (slope > -1e-6).all()
        assert np.abs(slope * x).max() < 1e-6


def test_the_law_that_made_the_times_is_found_again() -> None:
    random = np.random.default_rng(4)
    used = np.zeros((200, len(TERMS)))
    used[:, :5] = random.lognormal(size=(200, 5))
    truth = np.zeros(len(TERMS))
    truth[:5] = [2.0, 0.5, 0.0, 3.0, 1.0]
    found = np.array(fit_terms(used, used @ truth))
    assert np.allclose(found, truth, atol=0.25)
    assert np.quantile(np.abs(used @ found / (used @ truth) - 1), 0.9) < 0.1
    assert (found[5:] == 0).all()


def test_the_stronger_shares_are_drawn_the_less_the_rows_tell_them() -> None:
    random = np.random.default_rng(5)
    used = np.zeros((60, len(TERMS)))
    used[:, :2] = random.lognormal(size=(60, 2))
    measured = used[:, 0] * np.exp(random.normal(scale=0.1, size=60))
    loose, tight = (fit_terms(used, measured, plain_weight=weight) for weight in (0.01, 10.0))
    assert 0 <= loose[1] < 0.05 < tight[1]


def test_rows_that_count_little_shape_a_law_and_do_not_place_it() -> None:
    random = np.random.default_rng(6)
    used = np.zeros((300, len(TERMS)))
    used[:, :2] = random.lognormal(size=(300, 2))
    truth = used[:, 0] + 2 * used[:, 1]
    measured = np.concatenate([truth[:100], 3 * truth[100:]])
    weight = np.concatenate([np.ones(100), np.full(200, 0.1)])
    found = used[:100] @ np.array(fit_terms(used, measured, weight))
    assert np.median(found / truth[:100]) == pytest.approx(1.0, abs=0.01)


def test_a_demand_that_limits_hide_is_nearly_found_again() -> None:
    random = np.random.default_rng(8)
    used = np.zeros((400, len(TERMS)))
    share = random.uniform(0, 1, 400)
    used[:, TERMS.index("busy")], used[:, TERMS.index("idle")] = 250 * share, 250 * (1 - share)
    demand = 0.95 * used[:, TERMS.index("busy")] + 0.2 * used[:, TERMS.index("idle")]
    limit = random.choice([100.0, 150.0, 200.0, 250.0], 400)
    found = used @ np.array(fit_terms(used, limited_power(demand, limit), limit=limit))
    assert np.allclose(found, demand, rtol=0.05)


def test_names_of_one_family_are_like_each_other() -> None:
    alike = similarity(["resnet50", "tf_efficientnet_b0"], ["resnet101", "efficientnet_b0", "vit_base"], model_words)
    assert alike[0, 0] > 0.5 > alike[0, 1]
    assert alike[1, 1] == pytest.approx(1.0)
    assert similarity(["", "a"], ["b"], model_words).tolist() == [[0.0], [0.0]]


def test_a_data_sheet_says_what_it_had_to_guess() -> None:
    assert sheet("NVIDIA GeForce RTX 3090", "gpu", "amp").guessed == ()
    unknown = sheet("machine of 2031", "gpu", "fp32")
    assert unknown.guessed == ("design power", "arithmetic rate", "memory bandwidth")
    assert (
        sheet("NVIDIA RTX PRO 6000 Blackwell Max-Q", "gpu", "amp", 300.0).flops
        < sheet("NVIDIA RTX PRO 6000 Blackwell", "gpu", "amp").flops
    )
    whole, half = sheet("AMD Radeon Instinct MI250", "gpu"), sheet("AMD Instinct MI210", "gpu")
    assert half.flops == whole.flops


def test_the_fast_answer_is_that_of_the_textbook() -> None:
    seen, asked = points(300), points(90, seed=8)
    residual = np.random.default_rng(3).normal(size=300)
    posterior = Posterior.given(kernel(), seen, residual)
    matrix = covariance(kernel(), seen, seen) + (kernel().noise + 1e-8) * np.eye(300)
    cross = covariance(kernel(), asked, seen)
    known = np.einsum("ij,ij->i", cross @ np.linalg.inv(matrix), cross)
    mean, deviation = posterior.mean_and_deviation(asked)
    assert np.allclose(mean, cross @ np.linalg.solve(matrix, residual), atol=1e-8)
    assert np.allclose(mean, posterior.mean(asked))
    assert np.allclose(deviation, np.sqrt(variance(kernel(), asked) - known + kernel().noise), rtol=1e-4)


def test_the_covariance_adds_up_its_levels_and_parts_as_stated() -> None:
    k, a, b = kernel(), points(12), points(9, seed=5)
    name, group, software, device, both, same = likeness(a, b)
    left, right = a.sizes / k.lengths, b.sizes / k.lengths
    inner = left @ right.T
    near = np.exp(-0.5 * ((left[:, None, :] - right[None, :, :]) ** 2).sum(axis=2))
    parts = (np.ones_like(inner), inner, near, near * name, name, group)
    levels = (np.ones_like(inner), software, device, both, same)
    wanted = sum(k.strengths[i, j] * levels[i] * parts[j] for i in range(len(LEVELS)) for j in range(6))
    assert np.allclose(covariance(k, a, b), np.outer(a.gains, b.gains) * wanted)
    assert np.array_equal(both, software * device)
