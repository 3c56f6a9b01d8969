"""Every kind of target becomes the same Profile; what cannot be used is refused in one sentence."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from torch import nn

import setsuden
import setsuden.workload.profile
from setsuden.cli.main import main
from setsuden.errors import InputError
from setsuden.workload import zoo
from setsuden.workload.profile import profile
from setsuden.workload.profile.text import text
from tests.profile import networks


def python(code: str, cwd: Path) -> str:
    """Run code in a fresh interpreter; its output, or a failed test with its errors."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_module_and_the_function_live_side_by_side() -> None:
    assert setsuden.profile is setsuden.workload.profile.profile
    assert setsuden.profile(networks.lenet5(), input_shape=(1, 28, 28)).macs == 416_520


def test_importing_the_profiler_imports_no_torch(tmp_path: Path) -> None:
    assert python("import sys, setsuden.workload.profile; print('torch' in sys.modules)", tmp_path) == "False\n"


def test_a_zoo_name_is_built_for_the_input_that_is_asked_for() -> None:
    grey = profile("small-cnn", input_shape=(1, 8, 8))
    built = zoo.build("small-cnn", input_shape=(1, 8, 8))
    assert grey.parameters == sum(weight.numel() for weight in built.parameters())
    assert grey.parameters < profile("small-cnn").parameters
    assert profile("mlp", input_shape=(5,)).macs_per_sample < profile("mlp").macs_per_sample
    with pytest.raises(InputError, match="at least 16x16"):
        profile("lenet", input_shape=(1, 8, 8))


def test_a_zoo_name_is_profiled_with_its_own_input() -> None:
    found = profile("lenet", batch_size=4)
    assert found.name == "lenet"
    assert found.macs == 4 * found.macs_per_sample
    assert found.parameters == 62_006


def test_a_factory_may_return_a_model_with_example_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_models_for_profile.py").write_text(
        "import torch\ndef build():\n    return torch.nn.Linear(3, 4), torch.zeros(5, 3)\n"
    )
    monkeypatch.chdir(tmp_path)
    found = profile("my_models_for_profile:build")
    assert (found.name, found.macs, found.batch_size) == ("my_models_for_profile:build", 60, 5)


def test_any_callable_is_profiled_with_the_modules_it_calls() -> None:
    layer = nn.Linear(4, 5)
    found = profile(lambda x: layer(x) @ torch.ones(5, 2), torch.randn(3, 4))
    assert found.macs == 60 + 30
    assert found.parameters == 25
    assert found.tree.children[0].kind == "Linear"


BERT = {
    "model_type": "bert",
    "num_hidden_layers": 2,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_attention_heads": 4,
}
BERT_MACS = 128 * 2 * (4 * 64 * 64 + 2 * 64 * 128) + 2 * 2 * 128 * 128 * 64 + 64 * 64


def test_a_hugging_face_configuration_is_built_on_meta(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    path = tmp_path / "config.json"
    path.write_text(json.dumps(BERT))
    assert profile(str(path)).macs == profile(BERT, input_shape=(128,)).macs == BERT_MACS
    assert profile(BERT, train=True).training_ratio == 3.0


HUGGING_FACE: list[tuple[dict[str, Any] | str, tuple[int, ...] | None, float]] = [
    ("bert", (128,), 11.174e9),
    (
        {
            "model_type": "llama",
            "architectures": ["LlamaForCausalLM"],
            "hidden_size": 4096,
            "intermediate_size": 11008,
            "num_hidden_layers": 32,
            "num_attention_heads": 32,
            "vocab_size": 32000,
        },
        (512,),
        3451.5e9,
    ),
    ("vit", None, 17.563e9),
    ("swin", None, 4.490e9),
    # 12 blocks of 12 x 768^2 weights and causal attention over 256 tokens
    ("gpt2", (256,), 256 * 12 * 12 * 768**2 + 12 * 2 * 256**2 * 768),
    # 32 blocks: attention projections, the gate and 2 of 8 experts only
    (
        "mixtral",
        (128,),
        32 * (128 * (2 * 4096**2 + 2 * 4096 * 1024 + 4096 * 8 + 2 * 3 * 4096 * 14336) + 2 * 128**2 * 4096),
    ),
    # tiny encoder (4 x 384 over 1500 frames) with its two convolutions, 1 decoder token
    (
        {
            "model_type": "whisper",
            "d_model": 384,
            "encoder_layers": 4,
            "decoder_layers": 4,
            "encoder_attention_heads": 6,
            "decoder_attention_heads": 6,
            "encoder_ffn_dim": 1536,
            "decoder_ffn_dim": 1536,
        },
        None,
        3000 * 384 * 240
        + 1500 * 384 * 1152
        + 4 * (1500 * 12 * 384**2 + 2 * 1500**2 * 384)
        + 4 * (14 * 384**2 + 2 * 1500 * 384**2 + 2 * 384 + 2 * 1500 * 384),
    ),
]


@pytest.mark.parametrize(("config", "shape", "macs"), HUGGING_FACE, ids=lambda value: str(value)[:30])
def test_hugging_face_models_match_their_closed_forms(
    config: dict[str, Any] | str, shape: tuple[int, ...] | None, macs: float
) -> None:
    pytest.importorskip("transformers")
    found = profile(config, input_shape=shape)
    assert found.macs == pytest.approx(macs, rel=1e-3)
    assert found.complete


def test_experts_of_a_mixture_cost_the_same_on_cpu_and_on_meta() -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.MixtralConfig(
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        vocab_size=50,
        num_local_experts=4,
    )
    model, tokens = transformers.MixtralModel(config), torch.zeros(1, 10, dtype=torch.long)
    expected = 2 * (10 * (64 * 64 * 2 + 2 * 64 * 32 + 64 * 4 + 2 * 3 * 64 * 96) + 2 * 100 * 64)
    for device in ("cpu", "meta"):
        assert profile(model, tokens, device=device).macs == expected


def test_a_timm_name_is_asked_of_timm(tmp_path: Path) -> None:
    """timm needs torchvision, which is not here: a stand-in with the three names that are used takes its place."""
    (tmp_path / "timm.py").write_text(
        "import torch\n"
        "def list_models(): return ['tiny_net']\n"
        "def create_model(name, pretrained):\n"
        "    model = torch.nn.Conv2d(3, 8, 3)\n"
        "    model.pretrained_cfg = {'input_size': (3, 10, 10)}\n"
        "    assert model.weight.is_meta and not pretrained\n"
        "    return model\n"
    )
    code = "from setsuden.workload.profile import profile; print(profile('tiny_net', batch_size=2).macs)"
    assert python(code, tmp_path) == f"{2 * 64 * 8 * 27}\n"


def test_a_torchvision_that_does_not_fit_torch_stops_nothing(tmp_path: Path) -> None:
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text(
        "import torch\n__version__ = '0.28.0'\n"
        "@torch.library.register_fake('torchvision::nms')\n"
        "def nms(dets, scores, iou_threshold): return dets\n"
    )
    (tmp_path / "timm.py").write_text("import torchvision\ndef list_models(): return []\n")
    code = """
        import torch
        from setsuden.workload.profile import profile
        print(profile(torch.nn.Linear(3, 4), torch.zeros(2, 3)).macs)
        try:
            profile("no-such-model")
        except Exception as error:
            print(type(error).__name__)
        import torchvision
    """
    assert python(code, tmp_path) == "24\nInputError\n"


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        ("no-such-model", {}, "no such model"),
        ("resnet-50", {}, r"Did you mean resnet-20 or resnet-18.*\? Known"),
        (nn.Linear(3, 4), {}, "Linear: no input was given. Give the shape of one sample"),
        (3, {}, "cannot be profiled"),
        ("lenet", {"batch_size": 0}, "at least one sample"),
        ("lenet", {"input_shape": (3, -1, 4)}, "positive whole sizes"),
        ("lenet", {"train": True, "optimizer": "nope"}, "unknown optimiser"),
        ("missing.onnx", {}, "cannot be read"),
        ("missing.json", {}, "cannot be read"),
        ({"model_type": "nope"}, {}, "known type"),
    ],
)
def test_what_cannot_be_used_is_refused(target: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        profile(target, **options)


def test_a_model_without_weights_to_train_is_refused_in_training() -> None:
    with pytest.raises(InputError, match="nothing to train"):
        profile(nn.ReLU(), torch.zeros(2), train=True)


def test_a_wrong_input_shape_says_what_failed() -> None:
    with torch.device("meta"):
        model = nn.Linear(4, 5)
    with pytest.raises(InputError, match="cannot run on shapes alone"):
        profile(model, input_shape=(7,))


def test_compiled_models_are_profiled_as_written() -> None:
    model = torch.compile(networks.lenet5(), backend="eager")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert profile(model, input_shape=(1, 28, 28)).macs == 416_520


def test_an_input_that_no_layer_can_take_is_one_sentence() -> None:
    with pytest.raises(InputError, match=r"cannot take this input: RuntimeError.*Check the input shape"):
        profile(zoo.build("lenet"), input_shape=(3, 2, 2))


@pytest.mark.parametrize(
    ("words", "title"),
    [
        (
            ("resnet-18",),
            "resnet-18: input 3x32x32, output 10 classes, batch of 1; counted from shapes alone, nothing was computed",
        ),
        (
            ("resnet-18", "--batch-size", "4", "--input-shape", "3x64x64", "--train"),
            "resnet-18: input 3x64x64, output 10 classes, batch of 4; counted from shapes alone, nothing was computed",
        ),
        (("lenet", "--device", "cpu"), "lenet: input 3x32x32, output 10 classes, batch of 1; run on cpu"),
        (
            ("lenet", "--lang", "ja"),
            "lenet：入力 3x32x32、出力 10 クラス、バッチ 1、形状だけから数え、計算は実行していない",
        ),
    ],
)
def test_the_first_line_says_which_variant_was_counted_and_how(words: tuple[str, ...], title: str) -> None:
    result = CliRunner().invoke(main, ["profile", *words])
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0] == title


def test_the_shapes_that_go_in_and_come_out_are_kept() -> None:
    counted = profile(torch.nn.Linear(4, 7), input_shape=(5, 4), batch_size=2)
    assert (counted.input_shapes, counted.output_shapes) == (((2, 5, 4),), ((2, 5, 7),))
    assert text(counted).startswith("Linear: input 5x4, output 5x7, batch of 2; ")
