"""The two counts beside each other: contractions, and contractions with element-wise work as published tables count."""

from __future__ import annotations

import pytest

from setsuden.workload.profile import profile

# million parameters, million MACs: "Computing Within Limits" (arXiv 2406.14328), counted with a module-hook counter
PUBLISHED = {
    "lenet": (0.062, 0.67),
    "vgg-19": (20.04, 399.9),
    "resnet-18": (11.17, 557.8),
    "mobilenet-v2": (2.30, 97.7),
    "densenet-121": (6.96, 908.3),
    "googlenet": (6.17, 1538.5),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_parameters_and_macs_come_out_within_one_percent(name: str) -> None:
    million_parameters, million_macs = PUBLISHED[name]
    found = profile(name)
    assert found.parameters / 1e6 == pytest.approx(million_parameters, rel=0.01)
    half_a_printed_digit = 0.005 if million_macs < 1 else 0.05
    allowed = 0.01 * million_macs + half_a_printed_digit
    assert found.macs_with_elementwise / 1e6 == pytest.approx(million_macs, abs=allowed)
    assert found.macs < found.macs_with_elementwise


def test_a_network_without_element_wise_work_counts_alike() -> None:
    from torch import nn

    found = profile(nn.Linear(8, 4, bias=False), input_shape=(8,))
    assert found.macs_with_elementwise == found.macs == 32


@pytest.mark.parametrize("spelling", ["resnet18", "ResNet_18", "RESNET-18"])
def test_spelling_of_a_zoo_name_does_not_matter(spelling: str) -> None:
    assert profile(spelling).name == "resnet-18"
