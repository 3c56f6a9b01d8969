"""The recommendation against brute force, and how sure it claims to be."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.decision import Composite, Constraint, Objective, Option, Part, recommend, recommend_each, saving
from setsuden.errors import BoundaryError, InputError, UnitError
from setsuden.quantity import FACILITY, Estimate, Provenance
from tests.decision.options import ENERGY, floor, joules, option, option_lists, requests, serving, share
from tests.schemas_support import validate


@given(option_lists(), st.integers(0, 7))
def test_the_cheapest_feasible_option_is_taken(options: list[Option], limit: int) -> None:
    found = recommend(options, ENERGY, [floor(limit / 10)], n=50)
    validate("recommendation", found.to_json())
    allowed = [o for o in options if o.metrics["accuracy"].value >= limit / 10]  # type: ignore[union-attr]
    if not allowed:
        assert (found.recommended, found.runner_up, found.confidence) == (None, None, "none-feasible")
        return
    least = min(o.metrics["energy"].value for o in allowed)  # type: ignore[union-attr]
    chosen = next(o for o in allowed if o.id == found.recommended)
    assert chosen.metrics["energy"].value == least  # type: ignore[union-attr]
    assert found.recommended in found.front


@given(option_lists(), st.data())
def test_adding_a_dominated_option_changes_nothing_but_its_own_row(options: list[Option], data: st.DataObject) -> None:
    better = data.draw(st.sampled_from(options))
    energy, accuracy = (better.metrics[name].value for name in ("energy", "accuracy"))  # type: ignore[union-attr]
    added = option(data.draw(st.sampled_from(["a first", "z last"])), energy + 1, accuracy - 0.05)
    before = recommend(options, ENERGY, [floor(0.3)], n=50)
    after = recommend([*options, added], ENERGY, [floor(0.3)], n=50)
    assert after.recommended == before.recommended
    assert after.runner_up == before.runner_up
    assert after.confidence == before.confidence
    assert after.front == before.front
    kept = [item for item in after.assessments if item.option.id != added.id]
    assert kept == list(before.assessments)


@given(option_lists(min_size=2, spread=0.3))
def test_an_option_worse_in_every_world_changes_no_probability(options: list[Option]) -> None:
    added = option("hopeless", 1e6, 0.05, spread=0.3)
    before = recommend(options, ENERGY, [floor(0.3)], n=100)
    after = recommend([*options, added], ENERGY, [floor(0.3)], n=100)
    assert [item for item in after.assessments if item.option.id != "hopeless"] == list(before.assessments)
    assert (after.recommended, after.runner_up, after.confidence) == (
        before.recommended,
        before.runner_up,
        before.confidence,
    )


@given(st.floats(1, 100), st.floats(1, 100))
def test_swapping_the_figures_of_two_options_swaps_the_advice(a: float, b: float) -> None:
    one = recommend([option("x", a), option("y", b)], ENERGY, n=20).recommended
    other = recommend([option("x", b), option("y", a)], ENERGY, n=20).recommended
    assert (one == other) == (a == b)


def normal_cdf(x: float) -> float:
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


def test_probability_of_being_best_agrees_with_the_closed_form() -> None:
    """Two log-normal costs: P(a < b) = Phi(ln(b/a) / sqrt(sa^2 + sb^2))."""
    a, b = (Estimate(v, v / 1.3, v * 1.3, "J", Provenance.MEASURED) for v in (10.0, 12.0))
    found = recommend([Option("a", {"energy": a}), Option("b", {"energy": b})], ENERGY, n=100_000)
    sigma = math.log(1.3) / 1.6448536
    expected = normal_cdf(math.log(1.2) / (sigma * math.sqrt(2)))
    assert found.assessment("a").best_probability == pytest.approx(expected, abs=0.005)
    assert found.confidence == "likely"


def test_expected_regret_agrees_with_the_closed_form() -> None:
    """Two normal costs, difference N(d, s): regret of the cheaper one is s phi(d/s) - d Phi(-d/s)."""
    z = 1.6448536
    a, b = (Estimate(v, v - 20 * z, v + 20 * z, "gCO2e", Provenance.MEASURED) for v in (-5.0, 5.0))
    found = recommend([Option("a", {"energy": a}), Option("b", {"energy": b})], ENERGY, n=200_000)
    s, d = 20 * math.sqrt(2), 10.0
    density = math.exp(-((d / s) ** 2) / 2) / math.sqrt(2 * math.pi)
    regret = found.assessment("a").expected_regret
    assert regret is not None
    assert regret.value == pytest.approx(s * density - d * normal_cdf(-d / s), rel=0.02)
    assert found.information is not None
    assert found.information.everything == pytest.approx(regret.value, rel=0.02)


def test_what_all_options_share_does_not_make_them_look_alike() -> None:
    options = [option("a", 100, spread=0.3), option("b", 110, spread=0.3)]
    alone = recommend(options, ENERGY)
    mostly_shared = recommend(options, ENERGY, shared_relative_error={"energy": 0.29})
    assert alone.confidence == "likely"
    assert mostly_shared.confidence == "clear"
    assert mostly_shared.assessment("a").figures == alone.assessment("a").figures


def test_sharing_leaves_each_figures_own_spread_alone() -> None:
    found = {
        share_: saving(
            [option("a", 1e-9), option("b", 100, spread=0.3)],
            "a",
            "b",
            "energy",
            shared_relative_error={"energy": share_},
            n=100_000,
        )
        for share_ in (0.0, 0.2)
    }
    assert found[0.0].low == pytest.approx(70, rel=0.01)
    assert found[0.2].low == pytest.approx(found[0.0].low, rel=0.01)
    assert found[0.2].high == pytest.approx(found[0.0].high, rel=0.01)


def test_a_figure_whose_interval_reaches_zero_shares_too() -> None:
    """Nearly all of +-150 % is one power model's: the options are told apart all the same."""
    figures = {name: Estimate(v, 0.0, 2.5 * v, "J", Provenance.ESTIMATED) for name, v in (("a", 100.0), ("b", 140.0))}
    options = [Option(name, {"energy": figure}) for name, figure in figures.items()]
    alone = recommend(options, ENERGY).assessment("a").best_probability
    shared = recommend(options, ENERGY, shared_relative_error={"energy": 1.24}).assessment("a").best_probability
    assert alone < 0.7 < 0.9 < shared


def test_options_that_rest_on_the_same_figure_are_drawn_together() -> None:
    """Two trainings of one model served alike: the joules per request are one unknown, not two."""
    served = Part(joules(1.0, 0.4, "J/request"), "requests", "serving of m")
    options = [Option(n, {"energy": Composite((Part(joules(e)), served))}) for n, e in (("a", 10.0), ("b", 11.0))]
    assert recommend(options, ENERGY, weights=requests(1e6)).assessment("a").best_probability == 1.0


def test_an_uncertain_accuracy_near_the_floor_makes_the_choice_unsure() -> None:
    near = Option("near", {"energy": joules(1), "accuracy": share(0.951, 0.02)})
    far = Option("far", {"energy": joules(2), "accuracy": share(0.99)})
    found = recommend([near, far], ENERGY, [floor(0.95)])
    assert found.recommended == "near"
    assert found.confidence == "too-close"
    assert 0.5 < found.assessment("near").feasible_probability < 0.6
    assert found.doubt is not None
    assert (found.doubt.metric, found.doubt.option) == ("accuracy", "near")
    assert found.doubt.probability == found.assessment("near").feasible_probability
    validate("recommendation", found.to_json())


def test_a_cheaper_option_that_may_keep_the_floor_after_all_is_in_doubt_too() -> None:
    almost = Option("almost", {"energy": joules(1), "accuracy": share(0.949, 0.02)})
    safe, dear = option("safe", 2, 0.97), Option("dear", {"energy": joules(9), "accuracy": share(0.95, 0.02)})
    found = recommend([almost, safe, dear], ENERGY, [floor(0.95)])
    assert (found.recommended, found.confidence) == ("safe", "too-close")
    assert found.doubt is not None
    assert found.doubt.option == "almost"


def test_settled_limits_leave_no_doubt() -> None:
    assert recommend([option("a", 1, 0.9), option("b", 2, 0.99)], ENERGY, [floor(0.95)]).doubt is None


def test_an_unknown_figure_meets_no_constraint_and_is_never_zero() -> None:
    unknown = Option("unknown", {"energy": joules(1)})
    free = Option("free of charge", {"accuracy": share(0.99)})
    known = option("known", 5, 0.97)
    found = recommend([unknown, free, known], ENERGY, [floor(0.95)])
    assert found.recommended == "known"
    assert found.assessment("unknown").violations[0].value is None
    assert found.assessment("unknown").feasible_probability == 0.0
    assert found.assessment("free of charge").figures["energy"] is None
    validate("recommendation", found.to_json())


@given(st.floats(0.01, 0.4), st.floats(0.01, 0.4))
def test_wider_figures_never_narrow_an_options_interval(one: float, other: float) -> None:
    narrow, wide = sorted((one, other))
    intervals = []
    for spread in (narrow, wide):
        figure = recommend([serving("a", 10, 2, spread=spread)], ENERGY, weights=requests(7), n=10).assessments[0]
        energy = figure.figures["energy"]
        assert energy is not None
        intervals.append((energy.low, energy.high))
    assert intervals[1][0] <= intervals[0][0]
    assert intervals[0][1] <= intervals[1][1]


def test_more_spread_makes_no_two_option_choice_surer() -> None:
    sure = [
        recommend([option("a", 10, spread=s), option("b", 12, spread=s)], ENERGY).assessment("a").best_probability
        for s in (0.01, 0.05, 0.1, 0.2, 0.4, 0.8)
    ]
    assert sure == sorted(sure, reverse=True)


def test_the_runner_up_is_the_next_cheapest_that_has_something_to_offer() -> None:
    options = [option("a", 1, 0.95), option("worse a", 2, 0.94), option("b", 3, 0.97)]
    assert recommend(options, ENERGY, [floor(0.9)]).runner_up == "b"


def test_a_metric_can_be_made_large() -> None:
    options = [option("a", 1, 0.95), option("b", 3, 0.97), option("c", 9, 0.99)]
    found = recommend(options, Objective("accuracy", "max"), [Constraint("energy", 5, "at_most")])
    assert found.recommended == "b"
    assert found.front == ("c", "b", "a")


def test_agreement_tells_which_ingredient_is_settled() -> None:
    options = [
        Option(f"{model}/{batch}", {"energy": joules(e, 0.1)}, attributes={"model": model, "batch": batch})
        for model, batch, e in (("m", 8, 10.0), ("m", 16, 10.1), ("n", 8, 30.0))
    ]
    found = recommend(options, ENERGY)
    assert found.confidence == "too-close"
    assert found.agreement["model"] == 1.0
    assert found.agreement["batch"] == found.assessment("m/8").best_probability


def test_a_saving_is_drawn_with_what_both_sides_share() -> None:
    options = [option("a", 100, spread=0.3), option("b", 110, spread=0.3)]
    alone, shared = (
        saving(options, "a", "b", "energy", shared_relative_error={"energy": error}) for error in (0.0, 0.3)
    )
    assert alone.value == shared.value == pytest.approx(10)
    assert alone.low < 0 < shared.low < 10 < shared.high < alone.high


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_draws() -> None:
    options = [option("a", 100, spread=0.3), option("b", 110, spread=0.3)]
    first, again, other = (recommend(options, ENERGY, seed=seed).to_json() for seed in (1, 1, 2))
    assert first == again
    assert first["options"] != other["options"]


def test_many_scenarios_at_once_give_what_each_gives_alone() -> None:
    options = [serving("a", 1e3, 2, spread=0.1), serving("b", 5e3, 1, spread=0.1, accuracy=0.95)]
    scenarios = [(requests(n), [floor(f)]) for n in (1.0, 3e3, 5e3, 1e6) for f in (0.5, 0.93)]
    together = recommend_each(options, ENERGY, scenarios, n=500, information=True)
    alone = [recommend(options, ENERGY, limits, weights=weights, n=500) for weights, limits in scenarios]
    assert [d.to_json() for d in together] == [d.to_json() for d in alone]
    assert [d.recommended for d in together] == ["a", "b", "a", "b", "b", "b", "b", "b"]


def test_a_scenario_can_itself_be_uncertain() -> None:
    options = [serving("a", 1000, 2), serving("b", 2000, 1)]  # equal at 1000 requests
    sure = recommend(options, ENERGY, weights=requests(1100))
    unsure = recommend(options, ENERGY, weights=requests(1100, 0.5))
    assert sure.assessment("b").best_probability == 1.0
    assert 0.5 < unsure.assessment("b").best_probability < 0.75
    assert unsure.information is not None
    assert unsure.information.best is not None
    assert unsure.information.best[0] == "requests"


def test_two_different_options_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="same id"):
        recommend([option("a", 1), option("a", 2)], ENERGY)


def test_nothing_to_choose_from_is_refused() -> None:
    with pytest.raises(InputError, match="nothing to choose"):
        recommend([], ENERGY)


def test_no_draws_are_refused() -> None:
    with pytest.raises(InputError, match="at least one draw is needed"):
        recommend([option("a", 1)], ENERGY, n=0)


def test_figures_that_do_not_compare_are_refused() -> None:
    other = Option("b", {"energy": joules(1).within(FACILITY)})
    with pytest.raises(BoundaryError):
        recommend([option("a", 1), other], ENERGY)
    with pytest.raises(UnitError):
        recommend([option("a", 1), Option("b", {"energy": joules(1, unit="J/request")})], ENERGY)


def test_a_missing_weight_is_named() -> None:
    with pytest.raises(InputError, match="requests"):
        recommend([serving("a", 1, 1)], ENERGY)


@pytest.mark.parametrize("share_", [-0.1, math.nan, math.inf])
def test_a_shared_error_that_is_no_share_is_refused(share_: float) -> None:
    with pytest.raises(InputError, match="share"):
        recommend([option("a", 1)], ENERGY, shared_relative_error={"energy": share_})


def test_a_metric_cannot_be_limited_against_the_objective() -> None:
    with pytest.raises(InputError, match="both sides"):
        recommend([option("a", 1)], ENERGY, [Constraint("energy", 1, "at_least")])


def test_units_may_differ_between_options() -> None:
    cheap = Option("cheap", {"energy": joules(1, unit="mJ")})
    found = recommend([cheap, Option("dear", {"energy": joules(0.5)})], ENERGY)
    assert found.recommended == "cheap"
    assert np.isclose(found.assessment("cheap").best_probability, 1.0)
