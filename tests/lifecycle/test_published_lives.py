"""Published cases of training against serving, from their inputs; and the closed forms against declared lives."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.lifecycle import (
    adapt_or_build,
    answer,
    life_kwh,
    parity,
    renewal,
    training_kwh,
    training_share,
    turning_point,
)
from setsuden.lifecycle.reading import read
from setsuden.places import parse_yaml

some = st.floats(1e-3, 1e6)


@pytest.mark.parametrize(
    ("days", "chips", "watts", "pue", "printed_mwh"),
    [
        (6.8, 200, 208, 1.10, 7.5),
        (20, 512, 310, 1.12, 85.7),
        (30, 1024, 289, 1.09, 232),
        (3.1, 1024, 288, 1.09, 24.1),
        (27, 1024, 245, 1.10, 179),
        (14.8, 10_000, 330, 1.10, 1287),
    ],
)
def test_trainings_of_patterson_2021_come_out_within_one_percent(
    days: float, chips: int, watts: float, pue: float, printed_mwh: float
) -> None:
    """Table 4 of arXiv 2104.10350: NAS, T5, Meena, GShard, Switch, GPT-3."""
    assert training_kwh(24 * days, chips, watts, pue) / 1e3 == pytest.approx(printed_mwh, rel=0.01)


def test_gpt_3_is_reached_by_billions_of_prompts_like_the_median_one() -> None:
    """1,287 MWh (Patterson 2021) over 0.24 Wh (Google 2025): within the hundreds of millions to tens of billions that
    Morrison 2025 reports for real models, with or without development."""
    plain = parity(1_287_000, 0.24e-3)
    assert plain == pytest.approx(5.36e9, rel=0.002)
    assert 1e8 < plain < parity(1_287_000, 0.24e-3, k_dev=2.0) < 1e11


def test_development_of_olmo_is_half_on_top() -> None:
    """459 MWh of development, 913 MWh final runs (arXiv 2503.05804)."""
    assert parity(913_000, 1e-3, k_dev=1 + 459 / 913) == pytest.approx(1_372_000 / 1e-3)


def test_the_split_of_google_is_reached_at_one_and_a_half_parities() -> None:
    """2/5 training, 3/5 inference (arXiv 2204.05149)."""
    n = parity(100, 0.01)
    assert training_kwh(10, 8, 250) == pytest.approx(20.0)  # no overhead where none is given
    assert training_share(100, 0.01, 1.5 * n) == pytest.approx(0.4)
    assert training_share(100, 0.01, n) == pytest.approx(0.5)


def test_trials_decide_whether_adapting_bert_takes_less() -> None:
    """One pre-training is as much as 400 fine-tunings on MNLI (arXiv 2311.10267): from there adapting never wins."""
    build, run = 37.3, 37.3 / 400
    assert adapt_or_build(1e-5, 1e-6, run=run, trials=399, build=build).a_takes_less == "below"
    assert adapt_or_build(1e-5, 1e-6, run=run, trials=400, build=build).a_takes_less == "never"
    few = adapt_or_build(1e-5, 1e-6, run=3.1, trials=1, build=37.3)  # CodeCarbon's page: 3.1 and 37.3 kWh
    assert few.requests == pytest.approx((37.3 - 3.1) / 9e-6)


def test_reusing_the_evolved_transformer_pays_fifteen_fold() -> None:
    """3.2 t for the search saved 48.5 t in Meena (arXiv 2104.10350): a search pays after a fifteenth of that reuse."""
    found = turning_point(0.0, 48.5, 3.2, 0.0)
    assert found.a_takes_less == "below"
    assert found.requests == pytest.approx(1 / 15, rel=0.02)


def test_training_longer_pays_from_the_difference_over_the_difference() -> None:
    """N > (E_A - E_B) / (e_B - e_A) for A trained more."""
    found = turning_point(200, 0.001, 120, 0.003)
    assert (found.a_takes_less, found.requests) == ("above", pytest.approx(40_000))


def test_new_hardware_pays_once_its_making_is_saved() -> None:
    """M_new < CI PUE (P_old/x_old - P_new/x_new) work."""
    found = renewal(
        1500, intensity_g_per_kwh=400, pue=1.2, old_w=300, old_per_s=100, new_w=400, new_per_s=400, work=1e10
    )
    per_unit = 400 * 1.2 * (3.0 - 1.0) / 3.6e6
    assert found.work_to_pay == pytest.approx(1.5e6 / per_unit)
    assert found.saved_g == pytest.approx(per_unit * 1e10 - 1.5e6)
    assert found.pays
    worse = renewal(1, intensity_g_per_kwh=400, old_w=1, old_per_s=1, new_w=2, new_per_s=1, work=1)
    assert worse.work_to_pay is None
    assert not worse.pays


@settings(deadline=None, max_examples=50)
@given(once_a=some, request_a=some, once_b=some, request_b=some)
def test_swapping_the_sides_swaps_the_advice_and_the_point_makes_both_equal(
    once_a: float, request_a: float, once_b: float, request_b: float
) -> None:
    one, other = (
        turning_point(once_a, request_a, once_b, request_b),
        turning_point(once_b, request_b, once_a, request_a),
    )
    swapped = {"below": "above", "above": "below", "always": "never", "never": "always", "equal": "equal"}
    assert other.a_takes_less == swapped[one.a_takes_less]
    if one.requests is not None:
        assert life_kwh(once_a, request_a, one.requests) == pytest.approx(life_kwh(once_b, request_b, one.requests))


@settings(deadline=None, max_examples=10)
@given(training=st.floats(1, 1e6), request_j=st.floats(1e-3, 1e4), pue=st.floats(1, 2), k=st.floats(1, 3))
def test_a_declared_life_gives_the_closed_form(training: float, request_j: float, pue: float, k: float) -> None:
    text = f"""
months: 12
requests_per_day: 1000
site: JP
pue: {pue!r}
develop: {{energy_kwh: {training * (k - 1)!r}}}
train: {{energy_kwh: {training!r}}}
serve: {{energy_j: {request_j!r}}}
"""
    point = answer(*read(parse_yaml(text, "life.yaml", "lifecycle")), n=50).sheets["marginal"].parity
    assert point is not None
    assert point.n == pytest.approx(parity(training * pue, request_j * pue / 3.6e6, k_dev=k))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: parity(1, 0),
        lambda: parity(-1, 1),
        lambda: training_kwh(1, 1, 1, 0.9),
        lambda: life_kwh(float("nan"), 1, 1),
        lambda: training_share(0, 0, 0),
        lambda: renewal(1, intensity_g_per_kwh=1, old_w=1, old_per_s=0, new_w=1, new_per_s=1, work=1),
    ],
)
def test_figures_that_make_no_sense_are_refused(wrong) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError):
        wrong()
