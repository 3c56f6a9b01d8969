"""Replay of the measured ResNet-50 cases: below which payload the cloud takes less than the device."""

from __future__ import annotations

import pytest

from setsuden.placement.inference import answer, measured
from tests.placement.support import study

XAVIER_NX = "v2.0-xavier-nx-trt-maxq-resnet50-singlestream"
PI_4 = "v2.0-rpi4-armnn-v21.11-neon-resnet50-singlestream"
CLOUD = "v4.1-h200-sxm-141gbx8-trt-maxq-resnet50-offline"
ADEME_FIXED = 0.0165  # kWh/GB, the average behind the printed figures


def break_even_kb(system: str, view: str, network: str) -> float:
    question = study(measured(system), measured(CLOUD), average_kwh_per_gb=ADEME_FIXED, network=network)
    found = answer(question)
    (point,) = [item for item in found.views[view].break_points if item.factor == "payload_kb"]  # type: ignore[index]
    assert point.device_wins == "above"
    assert point.value is not None
    return point.value


@pytest.mark.parametrize(
    ("system", "view", "network", "printed_kb"),
    [
        (XAVIER_NX, "marginal", "fixed", 24),
        (XAVIER_NX, "marginal", "mobile", 1.7),
        (PI_4, "attribution", "fixed", 30),
        (PI_4, "marginal", "fixed", 1900),
        (PI_4, "marginal", "mobile", 140),
    ],
)
def test_the_printed_break_even_payloads_come_out(system: str, view: str, network: str, printed_kb: float) -> None:
    assert break_even_kb(system, view, network) == pytest.approx(printed_kb, rel=0.05)


def test_the_xavier_under_the_average_view_rounds_to_the_one_digit_that_is_printed() -> None:
    found = break_even_kb(XAVIER_NX, "attribution", "fixed")
    assert f"{found:.1g}" == "0.4"
    by_hand_kb = (32.4e-3 - 1.15 * 8.9e-3) / (8e3 * (ADEME_FIXED * 4.5e-4 + 8.7e-8))
    assert found == pytest.approx(by_hand_kb, rel=0.02)


def test_a_pi_that_waits_a_minute_for_each_picture_spends_96_joules_waiting() -> None:
    from tests.placement.support import exact

    question = study(
        measured(PI_4, exact(1.6, "W")),
        measured(CLOUD),
        rate_per_s=1 / 60,
        idle_share=1.0,
        average_kwh_per_gb=ADEME_FIXED,
    )
    found = answer(question)
    (device,) = [item for item in found.views["marginal"].placements if item.id == "device"]
    (waiting,) = [term for term in device.terms if term.kind == "waiting"]
    assert waiting.at(found.weights).value == pytest.approx(96.0)
    assert found.views["marginal"].decision.recommended == "cloud"
    assert found.views["attribution"].decision.recommended == "cloud"


def test_the_break_even_rate_is_idle_over_the_difference() -> None:
    """r* = P_idle / (E_cloud - E_dyn)."""
    from tests.placement.support import exact

    device = measured(PI_4, exact(1.6, "W"))
    question = study(device, measured(CLOUD), rate_per_s=1 / 60, idle_share=1.0, average_kwh_per_gb=ADEME_FIXED)
    found = answer(question)
    (point,) = [item for item in found.views["attribution"].break_points if item.factor == "rate_per_s"]
    dynamic = device.energy.value - 1.6 * device.busy_s
    cloud = 1.15 * 8.906e-3 + 880e3 * (ADEME_FIXED * 4.5e-4 + 8.7e-8)
    assert point.value == pytest.approx(1.6 / (cloud - dynamic))
    assert point.device_wins == "above"


def test_the_network_view_moves_the_break_even_by_a_factor_of_sixty() -> None:
    for system in (XAVIER_NX, PI_4):
        ratio = break_even_kb(system, "marginal", "fixed") / break_even_kb(system, "attribution", "fixed")
        assert 60 <= ratio <= 250
