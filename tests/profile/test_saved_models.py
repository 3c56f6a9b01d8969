"""Models from files, and inputs that a model writes into: counted as what they are, left as they were."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch import nn

from setsuden.cli.main import main
from setsuden.errors import InputError
from setsuden.workload.profile import profile

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning")
MACS = 10 * 20 + 20 * 5


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Linear(20, 5))


def test_an_exported_program_is_counted_with_the_inputs_it_was_exported_for(tmp_path: Path) -> None:
    program = torch.export.export(network(), (torch.zeros(2, 10),))
    torch.export.save(program, tmp_path / "mine.pt2")
    for target in (program, tmp_path / "mine.pt2"):
        found = profile(target)
        assert (found.macs, found.batch_size, found.parameters) == (2 * MACS, 2, 325)
    assert found.name == "mine"
    assert profile(program, train=True).training_ratio == pytest.approx((3 * MACS - 200) / MACS)


def test_the_command_counts_a_saved_model_by_its_own_batch(tmp_path: Path) -> None:
    torch.export.save(torch.export.export(network(), (torch.zeros(2, 10),)), tmp_path / "mine.pt2")
    done = CliRunner().invoke(main, ["profile", str(tmp_path / "mine.pt2")])
    assert done.exit_code == 0, done.output
    assert f"per sample {MACS} MACs" in done.output


def test_a_scripted_module_in_a_file_is_counted_whatever_the_file_is_called(tmp_path: Path) -> None:
    torch.jit.save(torch.jit.script(network()), tmp_path / "mine.pth")
    found = profile(tmp_path / "mine.pth", input_shape=(10,), batch_size=3)
    assert (found.macs, found.name) == (3 * MACS, "mine")


def test_a_keras_file_is_counted(tmp_path: Path) -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras", reason="keras is not installed")
    model = keras.Sequential([keras.Input((10,)), keras.layers.Dense(20), keras.layers.Dense(5)])
    model.save(tmp_path / "mine.keras")
    assert profile(tmp_path / "mine.keras").macs == MACS


@pytest.mark.parametrize("name", ["weights.pt", "whole.pth", "checkpoint.ckpt"])
def test_weights_and_pickles_are_refused_without_opening_them(tmp_path: Path, name: str) -> None:
    torch.save(network() if name == "whole.pth" else network().state_dict(), tmp_path / name)
    with pytest.raises(InputError, match="weights or pickled Python"):
        profile(tmp_path / name)


@pytest.mark.parametrize(("name", "words"), [("none.pt2", "no such file"), ("torn.pt2", "weights or pickled")])
def test_a_file_that_is_missing_or_torn_is_refused(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "torn.pt2").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(InputError, match=words):
        profile(tmp_path / name)


class Cache:
    """Keys of earlier steps, in an object that PyTorch knows nothing of."""

    def __init__(self, length: int) -> None:
        self.keys = torch.zeros(length, 10)


class Decoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(10, 10)

    def forward(self, x: torch.Tensor, cache: Cache) -> torch.Tensor:
        cache.keys = torch.cat([cache.keys, self.layer(x)])
        return x @ cache.keys.T


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_a_cache_is_as_long_after_counting_as_before(device: str) -> None:
    cache = Cache(7)
    found = profile(Decoder(), torch.zeros(1, 10), cache, device=device)
    assert (found.macs, found.device, found.notes) == (100 + 10 * 8, device, ())
    assert cache.keys.shape == (7, 10)
    assert cache.keys.device.type == "cpu"


def test_an_input_that_the_model_writes_into_keeps_its_values() -> None:
    class Writes(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.add_(1.0) @ x.T

    x = torch.zeros(3, 4)
    assert profile(Writes(), x, device="cpu").macs == 36
    assert x.eq(0).all()


def test_a_quantised_model_has_the_parameters_it_had_before() -> None:
    sequential = nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Linear(20, 5))
    quantised = torch.ao.quantization.quantize_dynamic(sequential, {nn.Linear}, dtype=torch.qint8)
    found = profile(quantised, torch.zeros(3, 10))
    assert (found.macs, found.parameters) == (3 * MACS, 325)
    recurrent = nn.ModuleDict({"lstm": nn.LSTM(20, 4, 2)})
    packed = torch.ao.quantization.quantize_dynamic(recurrent, {nn.LSTM}, dtype=torch.qint8)["lstm"]
    assert profile(packed, torch.zeros(5, 1, 20)).parameters == sum(p.numel() for p in recurrent.parameters())
