"""Power limits of a GPU: set during a search and put back whatever ends it. On stand-ins for the driver's library."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from setsuden.cli.main import main
from setsuden.errors import InputError, SensorError
from setsuden.ledger import Ledger
from setsuden.sensors import Host
from setsuden.sensors.host import NvmlUnavailableError
from setsuden.study.plan import Configuration
from setsuden.study.tuning.power_limit import PowerLimit
from setsuden.testing.nvml import FakeGpu, FakeNvml, FakeNvmlError
from tests.schemas_support import validate
from tests.study.support import FakeLab, FakeTask, vocabulary

STUB = Path(__file__).parents[2] / "benchmarks" / "meters" / "nvml_stub.c"
STUDY = """\
name: fake
data: toy
models: [small]
batch_sizes: [10, 20]
threads: [1]
device: cuda
power_limits_w: [150, 200, 300]
constraints: {accuracy_floor: 0.8}
question: {trainings: 100}
quality: {epochs: 20, points: 40, test_samples: 200}
measure: {minutes: 10, window_s: 0.5, warmup_s: 0.1, idle_s: 1}
"""


def host(*gpus: FakeGpu, **environ: str) -> Host:
    nvml = FakeNvml(*gpus)
    return Host(nvml=lambda: nvml, environ=environ)


def limit_w(gpu: FakeGpu) -> float:
    return gpu.limit_w if gpu.managed_w is None else gpu.managed_w


def limited(gpu: FakeGpu, *, ends: Callable[[], object]) -> None:
    with PowerLimit(host(gpu), "cuda:0") as limit:
        limit.set(150.0)
        ends()


def test_a_limit_is_put_back_at_the_end_and_after_an_exception() -> None:
    gpu = FakeGpu(managed_w=350.0)
    with PowerLimit(host(gpu), "cuda") as limit:
        limit.set(150.0)
        assert limit_w(gpu) == 150.0
    assert limit_w(gpu) == 350.0
    with pytest.raises(ZeroDivisionError):
        limited(gpu, ends=lambda: 1 / 0)
    assert limit_w(gpu) == 350.0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_limit_is_put_back_before_a_signal_does_what_it_did_before(number: int) -> None:
    gpu, heard = FakeGpu(), []
    before = signal.signal(number, lambda *_: heard.append(limit_w(gpu)))
    try:
        with PowerLimit(host(gpu), "cuda") as limit:
            limit.set(150.0)
            os.kill(os.getpid(), number)
        assert heard == [400.0]
        os.kill(os.getpid(), number)
        assert heard == [400.0, 400.0]
    finally:
        signal.signal(number, before)


def test_only_the_card_that_trains_is_limited() -> None:
    cards = [FakeGpu(), FakeGpu(), FakeGpu()]
    with PowerLimit(host(*cards, CUDA_VISIBLE_DEVICES="2,0"), "cuda:1") as limit:
        limit.set(150.0)
        assert [limit_w(card) for card in cards] == [150.0, 400.0, 400.0]


def test_cards_of_different_models_need_a_stated_order() -> None:
    cards = (FakeGpu(name="NVIDIA A"), FakeGpu(name="NVIDIA B"))
    with pytest.raises(InputError, match="CUDA_DEVICE_ORDER=PCI_BUS_ID"):
        PowerLimit(host(*cards), "cuda")
    assert PowerLimit(host(*cards, CUDA_DEVICE_ORDER="PCI_BUS_ID"), "cuda:1").index == 1
    with pytest.raises(InputError, match="no such card"):
        PowerLimit(host(*cards, CUDA_DEVICE_ORDER="PCI_BUS_ID"), "cuda:2")


def test_what_is_not_permitted_or_not_supported_is_said_and_nothing_is_changed() -> None:
    with pytest.raises(InputError, match=r"this user may not set the power limit.*Run as root"):
        PowerLimit(host(FakeGpu(may_limit=False)), "cuda")
    with pytest.raises(InputError, match="does not let software"):
        PowerLimit(host(FakeGpu(limit=False)), "cuda")
    with pytest.raises(InputError, match="100 to 400 W"):
        PowerLimit(host(FakeGpu()), "cuda").check((150.0, 500.0))

    def absent() -> Any:
        raise NvmlUnavailableError("the NVIDIA driver library is not installed")

    with pytest.raises(InputError, match="driver library is not installed"):
        PowerLimit(Host(nvml=absent), "cuda")


def test_a_limit_that_cannot_be_put_back_names_the_command_that_does() -> None:
    with pytest.raises(SensorError, match="nvidia-smi -i 0 -pl 400"):
        limited(gpu := FakeGpu(), ends=lambda: setattr(gpu, "lost", True))

    def fails() -> None:
        gpu.lost = True
        raise KeyError

    gpu = FakeGpu(managed_w=350.0)
    with pytest.raises(KeyError) as raised:
        limited(gpu, ends=fails)
    assert "-pl 350" in raised.value.__notes__[0]


def test_a_driver_that_takes_another_limit_than_asked_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = PowerLimit(host(FakeGpu()), "cuda")
    monkeypatch.setattr(FakeNvml, "nvmlDeviceSetPowerManagementLimit", lambda self, gpu, limit_mw: None)
    with pytest.raises(SensorError, match="150 W and has 400 W"):
        limit.set(150.0)
    monkeypatch.setattr(FakeNvml, "nvmlDeviceSetPowerManagementLimit", _refuse)
    with pytest.raises(SensorError, match="could not be set"):
        limit.set(150.0)


def _refuse(self: FakeNvml, gpu: FakeGpu, limit_mw: int) -> None:
    raise FakeNvmlError(999)


# -- in a search


class LimitedTask(FakeTask):
    """Draws least at 200 W: below, it takes longer by more than it saves."""

    def work(self, seconds: float) -> Any:
        watts = limit_w(self.lab.gpu)  # type: ignore[attr-defined]
        self.lab.watts = {150.0: 24.0, 200.0: 16.0, 300.0: 30.0}.get(watts, 99.0)
        return super().work(seconds)


Call = Callable[..., Any]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    monkeypatch.setattr("setsuden.study.reading.default_vocabulary", vocabulary)
    monkeypatch.setattr("tests.study.support.FakeTask", LimitedTask)

    def run(
        gpu: FakeGpu, *arguments: str, command: str = "tune", text: str = STUDY, fail_after: int | None = None
    ) -> Any:
        lab = FakeLab(accuracy=learned, fail_after=fail_after)
        lab.gpu = gpu  # type: ignore[attr-defined]
        around = replace(lab.surroundings(), host=host(gpu))
        monkeypatch.setattr("setsuden.study.surroundings.Surroundings", lambda: around)
        path = tmp_path / "tune.yaml"
        path.write_text(text, encoding="utf-8")
        return CliRunner().invoke(main, [command, str(path), "--ledger", str(tmp_path / "ledger.sqlite"), *arguments])

    return run


def learned(configuration: Configuration, seen: int) -> float:
    return min(0.95, 0.8 * seen / (400 * configuration.batch_size))


def test_a_search_finds_the_cheapest_limit_and_puts_the_old_one_back(call: Call, tmp_path: Path) -> None:
    gpu = FakeGpu(managed_w=380.0)
    result = call(gpu, "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    validate("tune", document)
    assert document["recommendation"]["settings"]["power_limit_w"] == 200.0
    assert {pace["settings"]["power_limit_w"] for pace in document["paces"]} == {150.0, 200.0, 300.0}
    assert limit_w(gpu) == 380.0
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        told = [event for event in ledger.run("last").events if event.code == "power_limit"]
    assert ["380 W" in event.detail for event in told] == [True]


def test_a_search_that_is_interrupted_puts_the_limit_back_and_can_go_on(call: Call) -> None:
    gpu = FakeGpu()
    assert call(gpu, fail_after=3).exit_code != 0
    assert limit_w(gpu) == 400.0
    result = call(gpu, "--json", "--resume")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["recommendation"]["settings"]["power_limit_w"] == 200.0


def test_options_declare_the_same(call: Call) -> None:
    text = STUDY.replace("device: cuda\npower_limits_w: [150, 200, 300]\n", "")
    document = json.loads(call(FakeGpu(), "--device", "cuda", "--power-limits", "150,200", "--json", text=text).stdout)
    assert [factor["values"] for factor in document["space"] if factor["name"] == "power_limit_w"] == [[150.0, 200.0]]
    assert "watts separated by commas" in call(FakeGpu(), "--power-limits", "low", text=text).stderr
    assert "device" in call(FakeGpu(), "--device", "tpu", text=text).stderr


def test_limits_that_cannot_be_tried_are_refused_before_anything_is_written(call: Call, tmp_path: Path) -> None:
    for gpu, text, sentence in (
        (FakeGpu(may_limit=False), STUDY, "may not set the power limit"),
        (FakeGpu(), STUDY.replace("300]", "900]"), "100 to 400 W"),
        (FakeGpu(), STUDY.replace("device: cuda\n", ""), "trains on the processor"),
    ):
        result = call(gpu, text=text)
        assert result.exit_code == 2
        assert sentence in result.stderr
        assert gpu.managed_w in (None, 400.0)
    result = call(FakeGpu(), command="pilot")
    assert result.exit_code == 2
    assert "`setsuden tune` does" in result.stderr
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.runs() == []


REAL_MODULE = """
import os, sys
from setsuden.sensors import Host
from setsuden.study.tuning.power_limit import PowerLimit
import pynvml
with PowerLimit(Host(), "cuda:1") as limit:
    limit.check([250.0])
    limit.set(250.0)
    cards = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in (0, 1)]
    print(limit.original_w, *map(pynvml.nvmlDeviceGetPowerManagementLimit, cards))
print(pynvml.nvmlDeviceGetPowerManagementLimit(cards[1]))
"""


@pytest.mark.skipif(shutil.which("cc") is None or sys.platform != "linux", reason="needs a C compiler on Linux")
def test_the_real_module_sets_and_puts_back_on_a_compiled_stand_in(tmp_path: Path) -> None:
    subprocess.run(["cc", "-shared", "-fPIC", "-w", "-o", tmp_path / "libnvidia-ml.so.1", STUB], check=True)
    (tmp_path / "gpus").write_text("2 none\n")
    found = subprocess.run(
        [sys.executable, "-c", REAL_MODULE],
        env={**os.environ, "LD_LIBRARY_PATH": str(tmp_path), "FAKE_GPUS": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert found.stdout.split() == ["400.0", "400000", "250000", "400000"], found.stderr


def test_a_device_that_torch_does_not_see_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    told = ["--device", "cuda:63", "--data", "digits", "--ledger", str(tmp_path / "ledger.sqlite")]
    result = CliRunner().invoke(main, ["tune", *told])
    assert result.exit_code == 2
    assert "CUDA devices" in result.stderr
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.runs() == []
