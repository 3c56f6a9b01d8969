"""What all callbacks share: nothing heavy on import, one clear sentence without the framework, one will in a group."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import setsuden.meter
from setsuden.callbacks.own_meter import nothing_measures
from setsuden.callbacks.teller import Teller
from setsuden.errors import InputError, MissingDependencyError
from setsuden.ledger import Ledger
from setsuden.meter import lifetime
from setsuden.predict.mailbox import VARIABLE
from tests.callbacks.support import WATTS, bench, kept, own_meter
from tests.meter.support import joules

TWO = """
import sys
import torch.distributed as group
from setsuden.callbacks.teller import Teller
rank = int(sys.argv[1])
group.init_process_group("gloo", init_method="file://" + sys.argv[2], rank=rank, world_size=2)

class Run:
    forecast = None
    def step(self, steps): return False
    def close(self): pass

teller = Teller(10, {"on_budget": "stop"})
teller.begin(None, None, speaks=rank == 0)
if rank == 0:
    teller._run = Run()
print(teller.now(1))
"""


def test_importing_the_package_loads_no_framework() -> None:
    code = (
        "import sys, setsuden.callbacks, setsuden.callbacks.teller;"
        "print([n for n in ('torch', 'lightning', 'transformers', 'keras') if n in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


@pytest.mark.parametrize("framework", ["lightning", "transformers", "keras"])
def test_a_missing_framework_is_explained_in_one_sentence(framework: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == framework]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, framework, None)
    monkeypatch.delitem(sys.modules, f"setsuden.callbacks.{framework}", raising=False)
    with pytest.raises(MissingDependencyError, match="pip install"):
        __import__(f"setsuden.callbacks.{framework}")


def test_keras_without_its_back_end_is_not_called_missing() -> None:
    if find_spec("keras") is None:
        pytest.skip("keras is not installed")
    code = (
        "import os, sys; os.environ['KERAS_BACKEND'] = 'tensorflow'; sys.modules['tensorflow'] = None\n"
        "try: import setsuden.callbacks.keras\n"
        "except ImportError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert said.startswith("the callback for Keras needs the package 'tensorflow', which is not installed.")
    assert said.rstrip().endswith("such as KERAS_BACKEND=torch.")


def test_processes_that_share_a_training_stop_together(tmp_path: object) -> None:
    meeting = f"{tmp_path}/meeting"
    both = [
        subprocess.Popen([sys.executable, "-c", TWO, str(rank), meeting], stdout=subprocess.PIPE, text=True)
        for rank in (0, 1)
    ]
    assert [process.communicate(timeout=120)[0].strip() for process in both] == ["False", "False"]


def test_a_training_that_left_without_a_word_is_closed_by_the_next_one_of_its_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = bench(tmp_path), bench(tmp_path)
    meters = iter((first.meter, second.meter))
    monkeypatch.setattr(setsuden.meter, "Meter", lambda name: next(meters))
    left, after = Teller(10, {"say": lambda _: None}), Teller(10, {"say": lambda _: None})
    left.begin(None, None)
    first.clock.advance(3.0)
    after.begin(None, None)
    after.close()
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        assert [run.status for run in ledger.runs()] == ["finished", "failed"]
    assert joules(left.measurement) == pytest.approx(3.0 * WATTS)


def test_a_meter_of_the_users_is_told_and_no_other_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setsuden.meter, "Meter", None)
    around = bench(tmp_path)
    teller = Teller(10, {"say": lambda _: None})
    with around.meter:
        teller.begin(None, None)
        teller.now(10)
        teller.close()
    assert kept(tmp_path)["outcome"]["complete"]
    assert teller.measurement is None


def test_a_misspelt_setting_or_place_is_told_when_the_callback_is_made() -> None:
    with pytest.raises(TypeError, match="sight"):
        Teller(10, {"sight": "JP"})  # type: ignore[typeddict-unknown-key]
    with pytest.raises(InputError, match="site"):
        Teller(10, {"site": "Tokio"})


def test_a_wrong_setting_leaves_no_meter_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_meter(tmp_path, monkeypatch)
    with pytest.raises(InputError, match="budget"):
        Teller(10, {"budget_kwh": -1.0, "say": lambda _: None}).begin(None, None)
    assert lifetime.running() == []


def test_under_setsuden_run_no_meter_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "told"))
    assert not nothing_measures()


def test_an_evaluation_that_fails_does_not_outlive_its_meter(tmp_path: Path) -> None:
    around = bench(tmp_path)
    teller = Teller(10, {"say": lambda _: None})
    with around.meter:
        teller.begin(None, None)
        teller.now(5)
        teller.examining()
        around.clock.advance(2.0)
    teller.close()
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        (window,) = [window for window in ledger.run("last").windows if window.name == "validation"]
    assert joules(window) == pytest.approx(2.0 * WATTS)


def test_a_training_that_left_without_a_word_does_not_stand_beside_a_meter_of_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_meter(tmp_path, monkeypatch)
    said: list[str] = []
    left, after = Teller(10, {"say": said.append}), Teller(10, {"say": lambda _: None})
    left.begin(None, None)
    with bench(tmp_path).meter as users:
        after.begin(None, None)
        assert lifetime.running() == [users]
        after.close()
        left.begin(None, None)
        assert left.measurement is None
        left.close()
    assert len([line for line in said if "took" in line]) == 1


def test_a_training_that_begins_again_without_a_word_had_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meters = iter((bench(tmp_path).meter, bench(tmp_path).meter))
    monkeypatch.setattr(setsuden.meter, "Meter", lambda name: next(meters))
    teller = Teller(10, {"say": lambda _: None})
    teller.begin(None, None)
    teller.begin(None, None)
    teller.close()
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        assert [run.status for run in ledger.runs()] == ["finished", "failed"]


def test_a_language_that_nobody_speaks_is_refused_before_a_meter_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setsuden.meter, "Meter", None)
    with pytest.raises(InputError, match="language"):
        Teller(10, {"language": "fr"}).begin(None, None)  # type: ignore[typeddict-item]


def test_of_processes_that_share_a_training_only_the_first_opens_a_meter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_meter(tmp_path, monkeypatch)
    monkeypatch.setenv("RANK", "1")
    Teller(10, {"say": lambda _: None}).begin(None, None)
    assert lifetime.running() == []
