"""JAX functions through the jaxpr, Keras 3 models on its torch and JAX back ends."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.profile.test_targets import python

pytest.importorskip("jax")

HEADER = """
        import os
        os.environ["KERAS_BACKEND"] = "{backend}"
        import jax, jax.numpy as jnp
        from jax import lax
        from setsuden.workload.profile import profile, UnknownOperatorError
        S = lambda *shape: jax.ShapeDtypeStruct(shape, jnp.float32)
"""

JAX = """
        def loop(x, w):
            return lax.scan(lambda c, _: (jnp.tanh(c @ w), None), x, None, length=100)[0]
        print(profile(loop, S(3, 4), S(4, 4)).macs)
        mlp = lambda w, x: jnp.tanh(x @ w[0]) @ w[1]
        found = profile(mlp, [S(8, 16), S(16, 2)], S(5, 8), train=True)
        print(found.macs, found.training_macs, found.parameters)
        conv = lambda x, k, **o: lax.conv_general_dilated(
            x, k, o.pop("strides", (1, 1)), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"), **o)
        print(profile(conv, S(1, 32, 32, 16), S(3, 3, 16, 8)).macs)
        print(profile(lambda x, k: conv(x, k, feature_group_count=16), S(1, 32, 32, 16), S(3, 3, 1, 16)).macs)
        print(profile(lambda x, k: lax.conv_transpose(x, k, (2, 2), "SAME"), S(1, 8, 8, 16), S(3, 3, 16, 8)).macs)
        print(profile(lambda k, x: conv(x, k, strides=(2, 2)), S(3, 3, 4, 8), S(2, 9, 9, 4), train=True).training_ratio)
        print(profile(lambda q: jax.nn.dot_product_attention(q, q, q), S(2, 128, 8, 64)).macs)
        print(profile(lambda a, b: lax.ragged_dot(a, b, jnp.array([2, 1])), S(3, 4), S(2, 4, 5)).macs)
        wait = lambda x: lax.while_loop(lambda c: c.sum() > 0, lambda c: c @ c, x)
        found = profile(jax.jit(wait), S(3, 3))
        print(found.macs, [u.operator for u in found.unknown_operators])
        try:
            profile(wait, S(3, 3), strict=True)
        except UnknownOperatorError:
            print("strict")
"""

KERAS = """
        import keras
        from keras import layers
        model = keras.Sequential([
            keras.Input((32, 32, 3)), layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.DepthwiseConv2D(3), layers.Flatten(), layers.Dense(10)])
        found = profile(model, batch_size=2)
        print(found.macs, found.parameters == model.count_params(), found.complete)
        print(round(profile(model, train=True).training_ratio, 4))
"""


def test_jax_functions_count_loops_gradients_and_groups(tmp_path: Path) -> None:
    lines = python(HEADER.format(backend="jax") + JAX, tmp_path).splitlines()
    assert lines == [
        "4800",
        "800 1760 160",
        str(1024 * 9 * 16 * 8),
        str(1024 * 9 * 16),
        str(64 * 16 * 8 * 9),
        "2.0",
        str(2 * 8 * 128 * 128 * 128),
        "60",
        "27 ['jax::while']",
        "strict",
    ]


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_keras_models_count_the_same_on_both_back_ends(tmp_path: Path, backend: str) -> None:
    if find_spec("keras") is None:
        pytest.skip("keras is not installed")
    forward = 1024 * 27 * 8 + 900 * 72 + 7200 * 10
    step = (2 * 1024 * 27 * 8 + 3 * (900 * 72 + 7200 * 10)) / forward
    lines = python(HEADER.format(backend=backend) + KERAS, tmp_path).splitlines()
    assert lines == [f"{2 * forward} True True", str(round(step, 4))]
