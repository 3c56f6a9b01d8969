from __future__ import annotations

import subprocess
import sys
from math import prod

import pytest
import torch
from torch import nn

from setsuden.errors import InputError
from setsuden.workload import zoo
from setsuden.workload.zoo._blocks import ChannelGate, Residual
from setsuden.workload.zoo.branching import _DualPath
from setsuden.workload.zoo.residual import _PreActivated

# Parameters in millions, operations in millions at 3x32x32: multiply-accumulates plus element-wise work, as the
# authors' counter (ptflops) adds them up. Mavromatis et al. 2024, derived from their model files.
PUBLISHED = {
    "lenet": (0.062, 0.67),
    "mobilenet": (3.22, 48.0),
    "vgg-19": (20.04, 399.9),
    "efficientnet-b0": (3.60, 32.3),
    "preact-resnet-18": (11.17, 557.1),
    "resnet-18": (11.17, 557.8),
    "senet-18": (11.26, 558.5),
    "mobilenet-v2": (2.30, 97.7),
    "simple-dla": (15.14, 916.7),
    "regnetx-200mf": (2.32, 229.5),
    "resnext-29": (9.13, 1423.0),
    "dpn-26": (11.57, 674.7),
    "densenet-121": (6.96, 908.3),
    "googlenet": (6.17, 1538.5),
}


def macs_by_closed_form(model: nn.Module, x: torch.Tensor) -> int:
    """Outputs x inputs per output, over convolutions and linear layers."""
    total = 0

    def count(module: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        nonlocal total
        if isinstance(module, (nn.Conv1d, nn.Conv2d)):
            per_output = module.in_channels // module.groups * prod(module.kernel_size)
        else:
            assert isinstance(module, nn.Linear)
            per_output = module.in_features
        total += output.numel() * per_output

    for module in model.modules():
        if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Linear)):
            module.register_forward_hook(count)
    model.eval()
    with torch.no_grad():
        model(x)
    return total


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_and_operations_agree_with_the_published_cifar_variant_within_one_percent(name: str) -> None:
    million_parameters, million_operations = PUBLISHED[name]
    model, x = zoo.build(name), zoo.example_input(name)
    assert parameters(model) / 1e6 == pytest.approx(million_parameters, rel=0.01)
    counted = (macs_by_closed_form(model, x) + element_wise_operations(zoo.build(name), x)) / 1e6
    half_last_digit = 0.005 if million_operations < 1 else 0.05
    assert counted == pytest.approx(million_operations, abs=half_last_digit + 0.01 * million_operations)


def element_wise_operations(model: nn.Module, x: torch.Tensor) -> int:
    """What the published counts add to convolutions and linear layers: see docs/workload.md."""
    total = 0

    def count(module: nn.Module, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
        nonlocal total
        if isinstance(module, (nn.BatchNorm2d, nn.ReLU)):
            total += 2 * output.numel()
        elif isinstance(module, (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d)):
            total += inputs[0].numel()
        elif isinstance(module, _DualPath):
            total += output.numel() * module.added // output.shape[1]
        elif isinstance(module, (nn.Conv2d, nn.Linear)):
            total += output.numel() if module.bias is not None else 0
        elif isinstance(module, (nn.SiLU, ChannelGate, Residual, _PreActivated)):
            total += output.numel()

    for module in model.modules():
        module.register_forward_hook(count)
    model.eval()
    with torch.no_grad():
        model(x)
    return total


@pytest.mark.parametrize(
    ("name", "million_macs"),
    [("resnet-18", 555.42), ("mobilenet-v2", 91.15), ("densenet-121", 888.35), ("lenet", 0.6515)],
)
def test_macs_of_convolutions_and_linear_layers_are_known(name: str, million_macs: float) -> None:
    counted = macs_by_closed_form(zoo.build(name), zoo.example_input(name)) / 1e6
    assert counted == pytest.approx(million_macs, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "count"),
    [("lenet", 62_006), ("resnet-20", 269_722), ("logistic", 650), ("vgg-19", 20_040_522), ("resnet-18", 11_173_962)],
)
def test_parameter_counts_that_follow_from_the_papers_are_exact(name: str, count: int) -> None:
    assert parameters(zoo.build(name)) == count


def test_the_macs_of_the_20_layer_network_are_those_of_its_formula() -> None:
    stages = sum(
        (side * side) * 9 * (first_in * width + 5 * width * width)
        for side, first_in, width in ((32, 16, 16), (16, 16, 32), (8, 32, 64))
    )
    expected = 32 * 32 * 27 * 16 + stages + 640
    assert macs_by_closed_form(zoo.build("resnet-20"), zoo.example_input("resnet-20")) == expected


@pytest.mark.parametrize("name", zoo.names())
def test_every_model_gives_one_logit_per_class_and_a_gradient_for_every_parameter(name: str) -> None:
    entry = zoo.entry(name)
    shape = (3, 16, 16) if entry.domain == "image" else entry.input_shape
    model = zoo.build(name, input_shape=shape, num_classes=7)
    logits = model(zoo.example_input(name, 2, input_shape=shape))
    assert logits.shape == (2, 7)
    logits.square().sum().backward()
    without = [key for key, parameter in model.named_parameters() if parameter.grad is None]
    assert without == []


@pytest.mark.parametrize("name", [name for name in zoo.names() if zoo.entry(name).smallest])
def test_every_model_takes_its_smallest_input_and_refuses_a_smaller_one(name: str) -> None:
    entry = zoo.entry(name)
    lead = entry.input_shape[: len(entry.input_shape) - len(entry.smallest)]
    model = zoo.build(name, input_shape=(*lead, *entry.smallest)).eval()
    with torch.no_grad():
        assert model(zoo.example_input(name, 1, (*lead, *entry.smallest))).shape == (1, entry.num_classes)
    smaller = (*lead, *(side - 1 for side in entry.smallest))
    with pytest.raises(InputError, match="cannot take inputs of this shape"):
        zoo.build(name, input_shape=smaller)


@pytest.mark.parametrize("shape", [(1, 28, 28), (1, 8, 8), (3, 30, 45)])
def test_image_models_adapt_to_channels_and_size(shape: tuple[int, int, int]) -> None:
    for name in ("vgg-11", "mobilenet-v2", "resnet-20", "small-cnn", "depthwise-cnn", "mlp", "logistic"):
        model = zoo.build(name, input_shape=shape).eval()
        with torch.no_grad():
            assert model(torch.zeros(2, *shape)).shape == (2, 10)


def test_lenet_refuses_an_eight_pixel_digit_in_one_sentence() -> None:
    with pytest.raises(InputError) as caught:
        zoo.build("lenet", input_shape=(1, 8, 8))
    assert str(caught.value) == (
        "input_shape: the model lenet cannot take inputs of this shape: it needs at least 16x16"
        " (got '1x8x8'). Choose another model or enlarge the input."
    )


def test_an_unknown_model_names_near_ones() -> None:
    with pytest.raises(InputError, match="Did you mean resnet-18") as caught:
        zoo.build("resnet-19")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("spelling", ["ResNet-18", "resnet18", "RESNET_18"])
def test_case_hyphens_and_underscores_do_not_matter(spelling: str) -> None:
    assert zoo.entry(spelling).name == "resnet-18"


@pytest.mark.parametrize("name", ["small-cnn", "transformer", "lstm", "m5"])
def test_the_seed_decides_the_weights_and_leaves_the_random_state_alone(name: str) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, again, other = zoo.build(name, seed=1), zoo.build(name, seed=1), zoo.build(name, seed=2)
    assert torch.equal(torch.get_rng_state(), before)
    weights = [torch.cat([p.detach().flatten() for p in model.parameters()]) for model in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_text_models_ignore_padding() -> None:
    tokens = torch.tensor([[5, 6, 7, 0, 0, 0]])
    for name in ("lstm", "transformer"):
        model = zoo.build(name, input_shape=(6,), vocabulary=10).eval()
        with torch.no_grad():
            embedding = model.get_submodule("embedding")
            assert isinstance(embedding, nn.Embedding)
            before = model(tokens)
            embedding.weight[0] = 100.0
            assert torch.allclose(model(tokens), before, atol=1e-5)
            assert torch.isfinite(model(torch.zeros_like(tokens))).all()


def test_the_number_of_words_is_adjustable() -> None:
    assert zoo.build("lstm", vocabulary=11).get_parameter("embedding.weight").shape == (11, 64)


@pytest.mark.parametrize(("keyword", "value"), [("num_classes", 0), ("vocabulary", -1)])
def test_a_count_below_one_is_refused_with_its_place(keyword: str, value: int) -> None:
    with pytest.raises(InputError, match=f"{keyword}: must be at least 1"):
        zoo.build("lstm", **{keyword: value})  # type: ignore[arg-type]


def test_dropping_residuals_keeps_their_mean() -> None:
    from setsuden.workload.zoo.inverted import _SkipPath

    torch.manual_seed(0)
    path, ones = _SkipPath(0.2), torch.ones(20_000, 1, 1, 1)
    assert float(path(ones).mean()) == pytest.approx(1.0, abs=0.02)
    assert torch.equal(path.eval()(ones), ones)


def test_names_and_entries_do_not_import_torch() -> None:
    code = "import sys; from setsuden.workload import zoo; zoo.entry(zoo.names()[0]); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_domains_partition_the_zoo() -> None:
    assert sorted(name for domain in zoo.DOMAINS for name in zoo.names(domain)) == sorted(zoo.names())
    with pytest.raises(InputError, match="unknown domain"):
        zoo.names("video")  # type: ignore[arg-type]
