"""Fifty models and operators, each against multiply-accumulates worked out from shapes, on CPU and on meta."""

from __future__ import annotations

import pytest
import torch

from setsuden.workload.profile import count_macs, count_training_macs, profile
from tests.profile.cases import CASES, Case

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections:UserWarning")  # says oneDNN stays out

TRAINED = [case for case in CASES if case.train is not None]


def build(case: Case, device: str) -> torch.nn.Module:
    with torch.device(device):
        return case.build().eval()


def test_there_are_at_least_fifty_cases_with_different_names() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 50


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_macs_on_meta_equal_the_closed_form(case: Case) -> None:
    found = profile(build(case, "meta"), *case.inputs())
    assert found.macs == case.macs
    assert found.complete
    assert found.device == "meta"


@pytest.mark.parametrize("case", [case for case in CASES if not case.heavy], ids=lambda case: case.name)
def test_macs_on_cpu_equal_the_closed_form(case: Case) -> None:
    model = build(case, "cpu")
    with torch.no_grad():
        assert count_macs(model, *case.inputs()) == case.macs


@pytest.mark.parametrize("case", TRAINED, ids=lambda case: case.name)
def test_a_training_step_over_its_forward_is_right(case: Case) -> None:
    model = build(case, "meta").train()
    inputs = tuple(torch.empty_like(value, device="meta") for value in case.inputs())
    assert count_training_macs(model, *inputs) / case.macs == pytest.approx(case.train, abs=6e-4)


def trainable(case: Case) -> bool:
    return any(parameter.requires_grad for parameter in build(case, "meta").parameters())


SMALL_AND_TRAINABLE = [case for case in CASES if case.macs < 10**9 and trainable(case)]


def test_most_cases_can_be_trained() -> None:
    assert len(SMALL_AND_TRAINABLE) >= 30


@pytest.mark.parametrize("case", SMALL_AND_TRAINABLE, ids=lambda case: case.name)
def test_a_training_step_costs_the_same_on_cpu_and_on_meta(case: Case) -> None:
    model = build(case, "cpu").train()
    if case.name == "MobileNetV2" or case.name == "EfficientNet-B0":
        inputs = tuple(torch.cat([value, value]) for value in case.inputs())
    else:
        inputs = case.inputs()
    on_cpu, on_meta = (profile(model, *inputs, train=True, device=device) for device in ("cpu", "meta"))
    assert on_cpu.training_macs == on_meta.training_macs
    assert on_cpu.macs == on_meta.macs
