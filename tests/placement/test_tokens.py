"""Language models that were measured per token, as machines that answer whole requests."""

from __future__ import annotations

import pytest

from setsuden.errors import InputError
from setsuden.placement.inference import measured, placements
from setsuden.placement.judgement import own_names
from tests.placement.support import exact, machine, study

H100_8 = "mlenergy-llama-3.1-8b-instruct-lm-arena-chat-h100-x1-b8"
H100_512 = "mlenergy-llama-3.1-8b-instruct-lm-arena-chat-h100-x1-b512"
WHOLE = "v4.1-h200-sxm-141gbx8-trt-maxq-llama2-70b-99-offline"
PICTURES = "v4.1-h200-sxm-141gbx8-trt-maxq-resnet50-offline"
TOKENS = exact(300, "token/request")


def test_a_row_at_the_wall_takes_its_joules_per_token_times_the_tokens() -> None:
    found = measured(WHOLE, tokens=TOKENS)
    assert found.energy.unit == "J/request"
    assert found.energy.value == pytest.approx(0.2436 * 300)
    assert found.busy_s == pytest.approx(300 / 25262.1)


def test_a_row_of_accelerators_alone_is_raised_to_a_whole_server_and_says_so() -> None:
    found = measured(H100_512, tokens=TOKENS)
    assert found.energy.value == pytest.approx(0.07019 * 300 * 0.83 / 0.58)
    assert found.energy.low == pytest.approx(0.07019 * 300 * 0.85 * 1.2)
    assert any("Elsworth" in factor.source for factor in found.energy.factors)
    assert own_names(found.energy.factors, "en")


def test_requests_worked_on_together_wait_for_each_other() -> None:
    found = measured(H100_8, tokens=TOKENS)
    assert found.at_once == 8
    cloud = placements(study(machine(1.0, 0.1), found), "marginal")[1]
    assert cloud.latency.value == pytest.approx(0.03 + 110 * 8e-3 / 20 + 8 * 300 / 1069.6)


def test_tokens_belong_to_rows_that_count_them() -> None:
    with pytest.raises(InputError, match=r"counts per token.*Give tokens"):
        measured(WHOLE)
    with pytest.raises(InputError, match=r"counts whole inferences.*Leave tokens out"):
        measured(PICTURES, tokens=TOKENS)


def test_a_row_per_sample_counts_one_request() -> None:
    found = measured("v4.1-h200-sxm-141gbx8-trt-maxq-gptj-99-offline")
    assert found.energy.value == pytest.approx(25.16)
