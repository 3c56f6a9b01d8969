"""What a command says where an optional package is not installed: one sentence, exit code 2, what to install."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from setsuden.cli.main import main
from setsuden.errors import MissingDependencyError, require


def setsuden(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An installation of the base package: neither torch nor scikit-learn."""
    for name in ("torch", "sklearn"):
        monkeypatch.setitem(sys.modules, name, None)
    return monkeypatch


@pytest.mark.parametrize(
    ("words", "purpose", "extra"),
    [
        (("profile", "resnet-18"), "Counting the work of this model", "torch"),
        (("predict", "resnet-18", "--device", "NVIDIA A100"), "Counting the work of this model", "torch"),
        (("calibrate",), "Calibrating this machine", "torch"),
        (("pilot", "--data", "digits"), "Training and measuring models", "torch,data"),
        (("tune",), "Training and measuring models", "torch,data"),
    ],
)
def test_a_command_that_needs_torch_says_so_in_one_sentence(
    without: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...], purpose: str, extra: str
) -> None:
    without.chdir(tmp_path)
    result = setsuden(*words)
    assert result.exit_code == 2, result.exception
    assert result.stderr == (
        f"setsuden: {purpose} needs the package 'torch', which is not installed. "
        f'Install it with: pip install "setsuden[{extra}]"\n'
    )
    assert result.stdout == ""


def test_federated_training_names_all_it_lacks_at_once(without: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = setsuden("federate", "--out", str(tmp_path / "out"))
    assert result.exit_code == 2, result.exception
    assert result.stderr == (
        "setsuden: Federated training needs the packages 'torch' and 'scikit-learn', which are not installed. "
        'Install them with: pip install "setsuden[federated,data]"\n'
    )
    assert not (tmp_path / "out").exists()


def test_a_model_nobody_knows_is_not_blamed_on_a_missing_package(without: pytest.MonkeyPatch) -> None:
    result = setsuden("profile", "no-such-network")
    assert result.exit_code == 2
    assert "no such model" in result.stderr


def test_what_is_there_is_not_asked_for(without: pytest.MonkeyPatch) -> None:
    require("This", "data", "json", "numpy")
    with pytest.raises(MissingDependencyError, match="This needs the package 'scikit-learn', which"):
        require("This", "data", "json", "sklearn")


def test_metrics_without_opentelemetry_name_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    result = setsuden("watch", "--otel", "--count", "1")
    assert result.exit_code == 2, result.exception
    assert result.stderr == (
        'setsuden: telemetry: OpenTelemetry is not installed. Install it with: pip install "setsuden[telemetry]"\n'
    )
