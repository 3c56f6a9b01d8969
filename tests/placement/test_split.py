"""Where a model can be cut: wherever one tensor carries everything on, and nowhere else."""

from __future__ import annotations

import pytest
import torch
from torch import fx, nn

from setsuden.errors import InputError
from setsuden.placement.inference import layers_of
from setsuden.workload import zoo
from setsuden.workload.profile import profile


class Forked(nn.Module):
    """Two branches from the input to the end; ``tail`` puts a chain behind them."""

    def __init__(self, tail: bool = False) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(4, 4), nn.Linear(4, 4)
        self.tail = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)) if tail else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.tail(self.one(x) + self.two(x))
        return out


def test_a_chain_is_cut_after_every_stretch_of_work_at_its_smallest_tensor() -> None:
    layers = layers_of("lenet")
    assert [layer.output_bytes for layer in layers] == [1176 * 4, 400 * 4, 120 * 4, 84 * 4, 10 * 4]
    assert layers[0].name == "2 MaxPool2d"  # half the work of a pooling layer is done, a quarter of the data crosses
    assert sum(layer.macs for layer in layers) == 651_720


def articulation_bytes(model: nn.Module, example: torch.Tensor) -> set[int]:
    """Sizes of tensors that every path from the input to the output runs through, by a traced graph: the slow way."""
    graph = fx.symbolic_trace(model).graph
    from torch.fx.passes.shape_prop import ShapeProp

    traced = fx.GraphModule(model, graph)
    ShapeProp(traced).propagate(example)
    nodes = list(traced.graph.nodes)
    start = next(node for node in nodes if node.op == "placeholder")
    end = next(node for node in nodes if node.op == "output")
    return {
        _bytes(node)
        for node in nodes
        if node not in (start, end) and "tensor_meta" in node.meta and end not in _reached(start, without=node)
    }


def _reached(start: fx.Node, without: fx.Node) -> set[fx.Node]:
    seen, open_ = {start}, [start]
    while open_:
        for user in open_.pop().users:
            if user is not without and user not in seen:
                seen.add(user)
                open_.append(user)
    return seen


def _bytes(node: fx.Node) -> int:
    shape = node.meta["tensor_meta"].shape
    return int(torch.Size(shape).numel()) * 4


@pytest.mark.parametrize(
    "name", ["resnet-18", "preact-resnet-18", "mobilenet-v2", "googlenet", "densenet-121", "vgg-11"]
)
def test_cuts_are_the_articulation_points_that_graph_tracing_finds(name: str) -> None:
    found = layers_of(name)
    slow = articulation_bytes(zoo.build(name).eval(), zoo.example_input(name, 1))
    assert {int(layer.output_bytes) for layer in found} <= slow
    assert sum(layer.macs for layer in found) == profile(name).macs


def test_a_residual_network_is_cut_at_its_blocks_and_not_within() -> None:
    names = [layer.name for layer in layers_of("resnet-18")]
    assert names == ["0.0 Conv2d", *(f"{n} Residual" for n in range(1, 8)), "9.0 AdaptiveAvgPool2d", "output"]


def test_a_model_that_is_one_fork_is_refused_with_what_would_have_to_cross() -> None:
    with pytest.raises(InputError, match="2 tensors that are needed later"):
        layers_of(Forked(), torch.zeros(1, 4))


def test_a_fork_before_a_chain_is_cut_in_the_chain() -> None:
    layers = layers_of(Forked(tail=True), torch.zeros(1, 4))
    assert [(layer.macs, layer.output_bytes) for layer in layers] == [(32, 16), (32, 32), (16, 8)]


def test_a_skip_over_everything_leaves_no_cut_below_it() -> None:
    class Skipping(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
            self.head = nn.Linear(8, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.head(torch.cat([x, self.body(x)], 1))
            return out

    layers = layers_of(Skipping(), torch.zeros(1, 4))
    assert [(layer.macs, layer.output_bytes) for layer in layers] == [(32, 32), (16, 8)]


def test_a_tensor_that_is_written_into_is_a_new_one_that_still_rests_on_the_old() -> None:
    class Writing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two, self.three = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            held = self.one(x)
            other = self.two(held)
            held.view(-1).mul_(2)
            out: torch.Tensor = self.three(held + other)
            return out

    layers = layers_of(Writing(), torch.zeros(1, 4))
    assert [(layer.macs, layer.output_bytes) for layer in layers] == [(16, 16), (16, 16), (8, 8)]
    assert layers[1].name == "Writing"  # at the sum, not at the second layer, where two tensors cross


def test_a_number_taken_out_of_a_tensor_leaves_no_safe_cut_after_it() -> None:
    class Looking(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = nn.ModuleList(nn.Linear(4, 4) for _ in range(3))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.parts[0](x)
            if bool((x > 0).all()):
                x = self.parts[1](x)
            out: torch.Tensor = self.parts[2](x)
            return out

    layers = layers_of(Looking(), torch.zeros(1, 4))
    assert [layer.macs for layer in layers] == [16, 32]
    assert layers[0].name == "parts.0 Linear"


def test_only_the_part_of_a_tensor_that_is_needed_crosses() -> None:
    class Narrow(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = nn.Linear(4, 100), nn.Linear(10, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.two(self.one(x)[:, :10])
            return out

    assert layers_of(Narrow(), torch.zeros(1, 4))[0].output_bytes == 40


def test_the_model_stays_as_it_was() -> None:
    model = Forked(tail=True).train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    layers_of(model, torch.zeros(1, 4))
    assert model.training
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert not model._forward_hooks


def test_a_function_is_refused() -> None:
    with pytest.raises(InputError, match="torch module"):
        layers_of(torch.sin, torch.zeros(1, 4))
