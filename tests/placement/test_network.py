"""Networks: two views side by side, nine published coefficients, radios."""

from __future__ import annotations

import pytest

from setsuden.errors import InputError
from setsuden.placement.network import LINKS, link, published, published_names, radio, transfer


def test_nine_published_models_can_be_chosen_by_name() -> None:
    assert len(published_names()) == 9


def test_the_published_models_differ_384_times_for_one_round_trip_of_a_resnet18() -> None:
    size = 43.7e6
    joules = {name: published(name).energy_j(size, size) for name in published_names()}
    assert joules["wu-router"] == pytest.approx(183.5, rel=1e-3)
    assert joules["nebula"] == pytest.approx(70_479.4, rel=1e-5)
    assert max(joules.values()) / min(joules.values()) == pytest.approx(384, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "up", "down"),
    [
        ("wu-router", 7.5 / 20e6, 7.5 / 50e6),
        ("if-e-net", 0.001 * 3.6e6 / 8e9, 0.001 * 3.6e6 / 8e9),
        ("fedgreen", 14 / 10e6, 14 / 41e6),
        ("nvflare-codecarbon", 0.01 * 3.6e6 / 8e9, 0.01 * 3.6e6 / 8e9),
        ("savazzi-200", 1 / 200e3, 1 / 200e3),
        ("savazzi-50", 1 / 50e3, 1 / 50e3),
        ("cumulator", 6.894e-8 * 3.6e6 / 8e3, 6.894e-8 * 3.6e6 / 8e3),
        ("barbieri-25", 1 / 25e3, 1 / 25e3),
        ("nebula", 2.24e-10 * 3.6e6 / 8, 2.24e-10 * 3.6e6 / 8),
    ],
)
def test_each_coefficient_follows_from_what_its_source_prints(name: str, up: float, down: float) -> None:
    model = published(name)
    assert model.up.value == pytest.approx(up, rel=1e-4)
    assert model.down.value == pytest.approx(down, rel=1e-4)
    assert model.up.factors[0].source


def test_a_transfer_has_both_views_and_the_radio_in_each() -> None:
    moved = transfer(110e3, link("fixed"), radio("wifi"))
    wifi = 880e3 * 8.7e-8
    assert moved.attribution.value == pytest.approx(880e3 * 0.03 * 4.5e-4 + wifi)
    assert moved.marginal.value == pytest.approx(880e3 * 3e-8 + wifi)
    assert moved.by("marginal") is moved.marginal


@pytest.mark.parametrize("name", LINKS)
def test_every_link_knows_both_views_with_a_source(name: str) -> None:
    found = link(name)
    for figure in (found.average, found.marginal):
        assert 0 < figure.low <= figure.value <= figure.high
        assert all(factor.source for factor in figure.factors)
        assert figure.factors


def test_a_faster_wifi_spends_less_per_bit() -> None:
    assert radio("wifi", 100).energy.value == pytest.approx(1.74e-8, rel=0.01)


def test_nb_iot_needs_a_rate_because_repetitions_decide() -> None:
    with pytest.raises(InputError, match="goodput_mbps"):
        radio("nb-iot")
    assert radio("nb-iot", 0.02).energy.value == pytest.approx(0.589 / 20e3)


@pytest.mark.parametrize(
    "call", [lambda: link("6g"), lambda: radio("pigeon"), lambda: published("mine"), lambda: radio("lora-sf7", 1.0)]
)
def test_an_unknown_name_lists_the_known_ones(call: object) -> None:
    with pytest.raises(InputError):
        call()  # type: ignore[operator]


def test_a_negative_size_is_refused() -> None:
    with pytest.raises(InputError, match="bytes"):
        transfer(-1, link("fixed"), radio("wifi"))


@pytest.mark.parametrize("rate", [0.0, -1.0, float("inf"), float("nan")])
@pytest.mark.parametrize("name", ["wifi", "wired", "nb-iot"])
def test_a_radio_without_a_positive_rate_is_refused(name: str, rate: float) -> None:
    with pytest.raises(InputError, match="rate of a radio must be positive"):
        radio(name, rate)


def test_the_ends_of_networks_that_we_judged_are_those_that_are_said() -> None:
    between = link("inter-dc").average.to("kWh/GB")
    assert (between.low, between.high) == pytest.approx((0.0005, 0.004))
    said = {factor.name: factor.value for factor in between.factors if "between data centres" in factor.name}
    assert sorted(said.values()) == pytest.approx([0.0005, 0.004])
