"""ONNX files: read without onnx, shapes worked out here, truncated files refused."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from setsuden.errors import InputError
from setsuden.workload.profile import UnknownOperatorError, profile
from tests.profile import networks
from tests.profile.test_targets import python

onnx = pytest.importorskip("onnx", reason="only the tests write ONNX files; the reader needs nothing")


def export(model: nn.Module, inputs: tuple[Tensor, ...], path: Path, **free: dict[int, str]) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model.eval(), inputs, str(path), dynamo=False, input_names=list(free) or None, dynamic_axes=free or None
        )
    return str(path)


@pytest.mark.parametrize(
    ("build", "shape"),
    [
        (networks.lenet5, (1, 1, 28, 28)),
        (networks.m5, (1, 1, 8000)),
        (networks.mobilenet_v2, (1, 3, 224, 224)),
        (networks.efficientnet_b0, (1, 3, 224, 224)),
        (networks.UNet, (1, 3, 32, 32)),
        (networks.Swin, (1, 3, 224, 224)),
        (lambda: networks.Recurrent(nn.LSTM, 16, 24, 2), (2, 7, 16)),
        (lambda: networks.Recurrent(nn.GRU, 16, 24, 2, True), (2, 7, 16)),
        (lambda: nn.ConvTranspose2d(8, 16, 3, 2, 1, 1, 4), (2, 8, 6, 6)),
    ],
)
def test_an_export_counts_as_its_network(tmp_path: Path, build: type[nn.Module], shape: tuple[int, ...]) -> None:
    model = build()
    found = profile(export(model, (torch.zeros(shape),), tmp_path / "model.onnx"))
    assert found.macs == profile(model, torch.zeros(shape)).macs
    assert found.complete
    assert found.tree.macs == sum(row.macs for row in found.by_shape())


def test_free_sizes_come_from_the_batch_and_the_input_shape(tmp_path: Path) -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.attention = nn.Embedding(100, 64), networks.Attention(64, 4)

        def forward(self, ids: Tensor) -> Tensor:
            return self.attention(self.embed(ids))

    path = export(Block(), (torch.zeros(1, 8, dtype=torch.long),), tmp_path / "b.onnx", ids={0: "batch", 1: "tokens"})
    found = profile(path, batch_size=3, input_shape=(20,))
    assert found.macs == 3 * (20 * 4 * 64 * 64 + 2 * 20 * 20 * 64)
    assert found.parameters == pytest.approx(100 * 64 + 4 * 64 * 64 + 4 * 64, abs=4)
    with pytest.raises(InputError, match="is free"):
        profile(path)
    with pytest.raises(InputError, match="inference only"):
        profile(path, input_shape=(20,), train=True)


def graph(
    nodes: list[object], inputs: dict[str, tuple[int, ...]], outputs: list[str], path: Path, **weights: object
) -> str:
    helper = onnx.helper
    made = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(name, 1, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, 1, None) for name in outputs],
        [onnx.numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    onnx.save(helper.make_model(made), str(path))
    return str(path)


def test_operators_nobody_described_are_named(tmp_path: Path) -> None:
    node = onnx.helper.make_node("Mystery", ["x"], ["y"], domain="mine")
    path = graph([node], {"x": (2, 3)}, ["y"], tmp_path / "m.onnx")
    found = profile(path)
    assert [operator.operator for operator in found.unknown_operators] == ["onnx::Mystery"]
    with pytest.raises(UnknownOperatorError):
        profile(path, strict=True)


def test_pointwise_functions_are_not_counted_as_macs(tmp_path: Path) -> None:
    nodes = [onnx.helper.make_node("Tanh", ["x"], ["t"]), onnx.helper.make_node("Softmax", ["t"], ["y"])]
    assert profile(graph(nodes, {"x": (8, 9)}, ["y"], tmp_path / "t.onnx")).macs == 0


def test_loops_count_their_rounds(tmp_path: Path) -> None:
    import numpy as np

    helper = onnx.helper
    body = helper.make_graph(
        [helper.make_node("MatMul", ["h", "w"], ["h2"]), helper.make_node("Identity", ["go"], ["go2"])],
        "body",
        [
            helper.make_tensor_value_info("i", 7, ()),
            helper.make_tensor_value_info("go", 9, ()),
            helper.make_tensor_value_info("h", 1, (3, 4)),
        ],
        [helper.make_tensor_value_info("go2", 9, ()), helper.make_tensor_value_info("h2", 1, (3, 4))],
    )
    node = helper.make_node("Loop", ["n", "", "x"], ["y"], body=body)
    weights = {"n": np.array(11), "w": np.zeros((4, 4), np.float32)}
    assert profile(graph([node], {"x": (3, 4)}, ["y"], tmp_path / "l.onnx", **weights)).macs == 11 * 48


def test_integer_and_fused_operators_are_counted(tmp_path: Path) -> None:
    import numpy as np

    helper = onnx.helper
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]),
        helper.make_node("MatMulInteger", ["q", "w"], ["m"]),
        helper.make_node("Cast", ["m"], ["f"], to=1),
        helper.make_node("Gemm", ["f", "g"], ["n"], transB=1),
        helper.make_node("Einsum", ["n", "n"], ["e"], equation="ij,kj->ik"),
    ]
    weights = {"w": np.zeros((4, 6), np.int8), "g": np.zeros((5, 6), np.float32)}
    found = profile(graph(nodes, {"x": (3, 4)}, ["e"], tmp_path / "q.onnx", **weights))
    assert found.macs == 3 * 4 * 6 + 3 * 6 * 5 + 3 * 5 * 3
    assert found.parameters == 24 + 30


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.999])
def test_a_truncated_file_is_refused(tmp_path: Path, share: float) -> None:
    whole = Path(export(networks.lenet5(), (torch.zeros(1, 1, 28, 28),), tmp_path / "a.onnx")).read_bytes()
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(InputError, match=r"no ONNX model|holds no graph"):
        profile(str(cut))


def test_neither_torch_nor_onnx_is_needed(tmp_path: Path) -> None:
    path = export(networks.lenet5(), (torch.zeros(1, 1, 28, 28),), tmp_path / "a.onnx")
    code = f"""
        import sys
        from setsuden.workload.profile import profile
        print(profile({path!r}).macs, "torch" in sys.modules, "onnx" in sys.modules)
    """
    assert python(code, tmp_path) == "416520 False False\n"
