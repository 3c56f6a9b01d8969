"""Single layers: their sizes by the shapes their rows state, and what a call of one costs."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from setsuden.predict.domain import LAYERS, domains_of
from setsuden.predict.frame import rows_of
from setsuden.predict.layer import layer, sized_layers
from setsuden.predict.shipped import TARGETS
from setsuden.predict.table import fit
from setsuden.predict.terms import TERMS, terms

Cell = str | float
ROW: dict[str, Cell] = {"mode": "infer", "task": "layer", "device": "Intel Xeon Gold 5120", "device_class": "cpu",
                        "unit": "sample", "scope": "cpu package"}  # fmt: skip


def row(model: str, gmacs: float = 0.0, batch_size: float = 8, **shapes: float) -> dict[str, Cell]:
    extra = json.dumps({name: str(value) for name, value in shapes.items()} | {"file": "raw.csv"})
    return {**ROW, "model": model, "gmacs": gmacs, "batch_size": batch_size, "extra": extra}


@given(
    image=st.integers(1, 40),
    channels=st.integers(1, 6),
    kernel=st.integers(1, 7),
    stride=st.integers(1, 5),
    padding=st.integers(0, 3),
    out=st.integers(1, 6),
)
def test_a_convolution_is_as_large_as_torch_makes_it(
    image: int, channels: int, kernel: int, stride: int, padding: int, out: int
) -> None:
    extra = {"image_size": image, "in_channels": channels, "kernel_size": kernel, "stride": stride, "padding": padding}
    found = layer("Conv2d", json.dumps({**extra, "out_channels": out}), 0.1)
    if image + 2 * padding < kernel:
        assert np.isnan(found.given)
        return
    module = torch.nn.Conv2d(channels, out, kernel, stride, padding, bias=False, device="meta")
    made = module(torch.empty(1, channels, image, image, device="meta"))
    assert found.given == made.numel()
    assert found.taken == channels * image**2
    assert found.weights == module.weight.numel()
    pooled = layer("MaxPool2d", json.dumps(extra), 0.1)
    assert (pooled.given, pooled.weights) == (made.numel() / out * channels, 0)


def test_a_linear_layer_has_weights_and_an_elementwise_one_puts_out_what_it_takes_in() -> None:
    linear = layer("Linear", '{"input_size": "30", "output_size": "7"}', 0.0)
    assert (linear.taken, linear.given, linear.weights) == (30, 7, 210)
    tanh = layer("Tanh", '{"input_size": "30"}', 0.0)
    assert (tanh.taken, tanh.given, tanh.weights) == (30, 30, 0)


@pytest.mark.parametrize(
    ("name", "given", "weights"),
    [("ReLU", 1e6, 0.0), ("MaxPool2d", 5e5, 0.0), ("Linear", np.nan, 1e6), ("Conv2d", np.nan, np.nan)],
)
def test_operations_stand_for_shapes_where_they_can(name: str, given: float, weights: float) -> None:
    found = layer(name, '{"layer_idx": "3"}', 1e-3)
    assert np.array_equal([found.given, found.weights], [given, weights], equal_nan=True)


@pytest.mark.parametrize(
    "extra", ["", "{", "[]", '{"input_size": "wide"}', '{"input_size": 0}', '{"input_size": 1e200}']
)
def test_a_shape_that_is_none_leaves_the_sizes_open(extra: str) -> None:
    assert np.isnan(layer("Softmax", extra, float("nan")).given)


@pytest.mark.parametrize("odd", [{"image_size": 1e200}, {"padding": 1e300}, {"stride": 1e-300}])
def test_a_shape_that_cannot_be_leaves_the_output_open_and_breaks_no_table(odd: dict[str, float]) -> None:
    shapes = {"image_size": 9, "in_channels": 3, "out_channels": 4, "kernel_size": 3, "stride": 1, "padding": 1, **odd}
    assert np.isnan(layer("Conv2d", json.dumps(shapes), 0.1).given)
    assert np.isfinite(fit(None, "energy_j").predict([row("Conv2d", 0.1, **shapes)])).all()


def test_sizes_that_a_row_states_stay_and_other_work_is_left_alone() -> None:
    stated = {**row("ReLU", input_size=500), "macts_m": 7.0}
    network = {**row("ReLU", input_size=500), "task": "image classification"}
    rows = rows_of([row("ReLU", input_size=500), stated, network])
    assert domains_of(rows)[:2] == (LAYERS, LAYERS)
    assert np.array_equal(sized_layers(rows).numbers["macts_m"], [5e-4, 7.0, np.nan], equal_nan=True)
    assert sized_layers(rows_of([network])).numbers["params_m"] is not None


def test_a_layer_without_products_uses_memory_and_one_that_pools_compares() -> None:
    rows = sized_layers(
        rows_of(
            [
                row("ReLU", 0.001, input_size=1e6),
                row("Linear", 0.001, input_size=1e3, output_size=1e3),
                row("MaxPool2d", 0.001, image_size=100, in_channels=200, kernel_size=1, stride=1, padding=0),
            ]
        )
    )
    used = dict(zip(TERMS, terms(rows, (LAYERS,) * 3, "seconds_per_unit", {}).T, strict=True))
    assert (used["arithmetic"] > 0).tolist() == [False, True, False]
    assert (used["attention"] > 0).tolist() == [False, False, True]
    assert used["activations"][0] == used["taken"][0] == pytest.approx(1e3 * used["activations"][1])
    assert (used["weights"] > 0).tolist() == [False, True, False]


def test_an_output_that_is_new_memory_is_dearer() -> None:
    rows = sized_layers(rows_of([row("ReLU", 0.004, batch, input_size=4e6) for batch in (2, 64, 1000)]))
    fresh = terms(rows, (LAYERS,) * 3, "seconds_per_unit", {})[:, [TERMS.index("fresh"), TERMS.index("activations")]]
    share = fresh[:, 0] / fresh[:, 1]
    assert share[0] < 1e-3
    assert 0.01 < share[1] < 0.5
    assert share[2] > 0.99


@pytest.mark.parametrize("target", TARGETS)
def test_every_layer_gets_an_answer(target: str) -> None:
    asked = [
        row("Dropout"),
        row("ReLU", input_size=1e6),
        row("Conv2d", 0.2, image_size=9, in_channels=3, out_channels=4, kernel_size=3, stride=1, padding=1),
        {**row("VGG", 7.6), "task": "architecture"},
    ]
    said = fit(None, target).predict(asked)
    assert (np.isfinite(said) & (said > 0)).all()


def test_a_layer_without_rows_of_others_is_known_by_its_shapes_too() -> None:
    asked = [row("Tanh", 0.0, 512, input_size=size) for size in (1e3, 1e6)]
    small, large = fit(None, "energy_j").predict(asked)
    assert large > 3 * small
