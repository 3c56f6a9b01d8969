"""The formulas on plain numbers against printed cases and against the whole answer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.placement.closed_forms import (
    J_PER_BIT_OF_KWH_PER_GB,
    J_PER_BIT_OF_W_PER_MBPS,
    break_even_payload_kb,
    break_even_rate_per_s,
    cloud_j,
    device_j,
)
from setsuden.placement.inference import answer
from setsuden.placement.network import link, radio
from tests.placement.support import machine, study

WIFI = 87e-9
SERVER_J = 8.9e-3
NETWORKS = {
    "average fixed": 0.0165 * J_PER_BIT_OF_KWH_PER_GB,
    "decision fixed": 0.03 * J_PER_BIT_OF_W_PER_MBPS,
    "decision mobile": 1.53 * J_PER_BIT_OF_W_PER_MBPS,
}


@pytest.mark.parametrize(
    ("device", "network", "printed_kb"),
    [
        (32.4e-3, "decision fixed", 24),
        (32.4e-3, "decision mobile", 1.7),
        (1.828, "average fixed", 30),
        (1.828, "decision fixed", 1900),
        (1.828, "decision mobile", 140),
    ],
)
def test_printed_break_evens_come_out_of_their_inputs(device: float, network: str, printed_kb: float) -> None:
    found = break_even_payload_kb(device, SERVER_J, pue=1.15, radio_j_per_bit=WIFI, network_j_per_bit=NETWORKS[network])
    assert found == pytest.approx(printed_kb, rel=0.05)


def test_no_reading_of_the_printed_inputs_comes_within_five_percent_of_the_one_digit_of_the_xavier() -> None:
    """Every input at either end of its last printed digit, with the radio or without it: all round to 0.4, and none
    reaches 0.38, which is 5 % below it."""
    found = [
        break_even_payload_kb(
            device, server, pue=pue, radio_j_per_bit=wifi, network_j_per_bit=per_gb * J_PER_BIT_OF_KWH_PER_GB
        )
        for device in (32.35e-3, 32.45e-3)
        for server in (8.85e-3, 8.95e-3)
        for pue in (1.145, 1.155)
        for per_gb in (0.01645, 0.01655)
        for wifi in (0.0, 86.5e-9, 87.5e-9)
    ]
    assert all(value is not None and f"{value:.1g}" == "0.4" for value in found)
    assert max(value for value in found if value is not None) < 0.38


def test_transfer_energies_of_the_printed_picture_come_out() -> None:
    """110 kB: 6.5, 11.9 and 46 J on average, 0.026 and 1.35 J at the margin, 0.077 J of Wi-Fi."""
    for per_bit, printed in (
        (0.0165 * J_PER_BIT_OF_KWH_PER_GB, 6.5),
        (0.03 * J_PER_BIT_OF_KWH_PER_GB, 11.9),
        (0.117 * J_PER_BIT_OF_KWH_PER_GB, 46),
        (0.03 * J_PER_BIT_OF_W_PER_MBPS, 0.026),
        (1.53 * J_PER_BIT_OF_W_PER_MBPS, 1.35),
        (WIFI, 0.077),
    ):
        assert cloud_j(110, 0.0, pue=1.0, radio_j_per_bit=0.0, network_j_per_bit=per_bit) == pytest.approx(
            printed, rel=0.02
        )


def test_a_pi_that_waits_a_minute_spends_96_joules() -> None:
    assert device_j(0.0, idle_w=1.6, rate_per_s=1 / 60) == pytest.approx(96)


@settings(deadline=None, max_examples=20)
@given(device=st.floats(0.1, 100), server=st.floats(1e-3, 10), payload=st.floats(0.1, 1e4), pick=st.integers(0, 1))
def test_the_whole_answer_gives_the_closed_form(device: float, server: float, payload: float, pick: int) -> None:
    view = ("attribution", "marginal")[pick]
    path = link("fixed")
    per_bit = (path.average if view == "attribution" else path.marginal).to("J/bit").value
    found = answer(study(machine(device, 0.1), machine(server, 0.001), payload_kb=payload)).views[view]  # type: ignore[index]
    figure = found.figure("cloud", "energy")
    assert figure is not None
    by_radio = radio("wifi").energy.value
    more = {"pue": 1.15, "radio_j_per_bit": by_radio, "network_j_per_bit": per_bit}
    assert figure.value == pytest.approx(cloud_j(payload, server, **more))
    (point,) = [item for item in found.break_points if item.factor == "payload_kb"]
    expected = break_even_payload_kb(device, server, **more)
    assert point.value == (None if expected is None else pytest.approx(expected))


def test_at_the_break_even_rate_both_take_the_same() -> None:
    cloud = 6.6
    rate = break_even_rate_per_s(cloud, busy_j=1.83, idle_w=1.6, busy_s=0.33)
    assert rate is not None
    assert device_j(1.83, idle_w=1.6, busy_s=0.33, rate_per_s=rate) == pytest.approx(cloud)
    assert break_even_rate_per_s(0.1, busy_j=1.83, idle_w=1.6, busy_s=0.33) is None


def test_where_the_cloud_never_takes_less_there_is_no_point() -> None:
    assert break_even_payload_kb(0.01, 1.0, pue=1.1, radio_j_per_bit=0.0, network_j_per_bit=1e-8) is None
    with pytest.raises(InputError, match="PUE"):
        cloud_j(1, 1, pue=0.5, radio_j_per_bit=0, network_j_per_bit=0)
    with pytest.raises(InputError, match="finite"):
        device_j(float("inf"))
