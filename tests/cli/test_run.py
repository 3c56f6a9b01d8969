"""``setsuden run`` as a user sees it: real processes, real streams."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from setsuden.cli.main import main
from setsuden.footprint.campaign.recorded import from_ledger
from setsuden.ledger import Ledger
from tests.schemas_support import validate

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


def run(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    code = "from setsuden.cli.main import main; main()"
    command = [sys.executable, "-c", code, "run", *words]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=60)


def test_streams_of_the_command_are_its_own_and_ours_goes_to_stderr() -> None:
    done = run("--", sys.executable, "-c", "import sys; print(input()); print('err', file=sys.stderr)", stdin="hello\n")
    assert done.returncode == 0
    assert done.stdout == "hello\n"
    assert "err" in done.stderr
    assert "setsuden: next: setsuden show " in done.stderr
    with Ledger.open() as ledger:
        record = ledger.run("last")
    assert (record.kind, record.status) == ("command", "finished")
    assert record.config["command"][0] == sys.executable
    assert record.root is not None
    assert record.root.attributes["exit_code"] == 0
    # The kernel may book a short program under either of the two alone.
    assert sum(float(record.root.attributes[name]) for name in ("cpu_user_s", "cpu_system_s")) > 0


@pytest.mark.parametrize("code", [1, 2, 42])
def test_the_exit_code_passes_through_and_makes_a_failed_run(code: int) -> None:
    done = run("--", sys.executable, "-c", f"raise SystemExit({code})")
    assert done.returncode == code
    with Ledger.open() as ledger:
        assert ledger.run("last").status == "failed"


def test_a_command_killed_by_a_signal_gives_128_and_its_number() -> None:
    done = run("--", sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert done.returncode == 128 + signal.SIGKILL
    assert "killed by signal 9 SIGKILL" in done.stderr


def test_options_of_the_command_are_not_ours() -> None:
    done = run(sys.executable, "-c", "import sys; print(sys.argv[1:])", "--json", "--name", "x")
    assert done.stdout == "['--json', '--name', 'x']\n"


def test_json_goes_alone_to_stdout_and_meets_its_schema() -> None:
    done = run("--json", "--name", "n", "--tag", "t", "--", sys.executable, "-c", "print('out')")
    document = json.loads(done.stdout)
    validate("run", document)
    assert document["exit_code"] == 0
    assert document["measurement"]["name"] == "n"
    assert done.stderr == "out\n"
    with Ledger.open() as ledger:
        assert ledger.run(document["run_id"]).tags == ("t",)


def test_json_file_leaves_both_streams_alone(tmp_path: Path) -> None:
    done = run("--json-file", str(tmp_path / "r.json"), "--no-ledger", "--", sys.executable, "-c", "print('out')")
    document = json.loads((tmp_path / "r.json").read_text())
    validate("run", document)
    assert document["run_id"] is None
    assert done.stdout == "out\n"
    assert "not recorded" in done.stderr


def test_a_json_file_in_no_folder_is_refused_before_anything_runs(tmp_path: Path) -> None:
    done = run("--json-file", str(tmp_path / "no" / "r.json"), "--", sys.executable, "-c", "print('ran')")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--json-file" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full, which Linux has")
@pytest.mark.parametrize(("code", "ours"), [(7, 7), (0, 1)])
def test_a_json_file_that_cannot_be_written_costs_neither_summary_nor_exit_code(code: int, ours: int) -> None:
    done = run("--json-file", "/dev/full", "--no-ledger", "--", sys.executable, "-c", f"raise SystemExit({code})")
    assert done.returncode == ours
    assert "not recorded" in done.stderr
    assert done.stderr.splitlines()[-1] == "setsuden: --json-file: cannot write /dev/full: No space left on device"


def test_a_program_that_measures_itself_is_recorded_as_part_of_the_run_around_it(tmp_path: Path) -> None:
    program = "import setsuden\nwith setsuden.Meter('inner', tags=['t']): sum(range(10**6))"
    done = run("--tag", "t", "--json-file", str(tmp_path / "r.json"), "--", sys.executable, "-c", program)
    assert done.returncode == 0, done.stderr
    outer = json.loads((tmp_path / "r.json").read_text())["run_id"]
    with Ledger.open() as ledger:
        (inner,) = [one for one in ledger.runs(limit=None) if one.id != outer]
    assert f"within:{outer}" in inner.tags
    shown = CliRunner().invoke(main, ["show", inner.id, "--lang", "en"])
    assert f"within run {outer}" in shown.stdout
    whole = from_ledger("t")
    assert whole.trials.energy_j.size == 1


def test_a_command_that_is_not_there_leaves_no_run(tmp_path: Path) -> None:
    done = run("--", str(tmp_path / "nothing"))
    assert done.returncode == 127
    assert "not found" in done.stderr
    (tmp_path / "plain").write_text("x")
    assert run("--", str(tmp_path / "plain")).returncode == 126
    assert not (tmp_path / "ledger.sqlite").exists()


@pytest.mark.parametrize(
    ("option", "value"), [("--rate", "-1"), ("--rate", "nan"), ("--idle", "-2"), ("--rate", "fast")]
)
def test_options_out_of_range_exit_with_2_and_run_nothing(option: str, value: str) -> None:
    done = run(option, value, "--", sys.executable, "-c", "print('ran')")
    assert (done.returncode, done.stdout) == (2, "")
    assert option in done.stderr
    assert not {"rate_hz", "idle_s"} & {word.strip(":'") for word in done.stderr.split()}


def test_a_ledger_that_cannot_be_written_harms_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("--ledger", str(tmp_path / "file" / "l.sqlite"), "--", sys.executable, "-c", "print('ran'); exit(5)")
    assert (done.returncode, done.stdout) == (5, "ran\n")
    assert "SET-NOT-RECORDED" in done.stderr


def test_a_termination_signal_reaches_the_command_and_the_run_is_closed() -> None:
    child = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    code = "from setsuden.cli.main import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "run", "--", sys.executable, "-c", child],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 9
    process.stdout.close()
    with Ledger.open() as ledger:
        assert ledger.run("last").status == "failed"


def test_the_summary_speaks_japanese() -> None:
    done = run("--lang", "ja", "--", sys.executable, "-c", "")
    assert "次へ: setsuden show" in done.stderr


def test_a_command_that_does_not_exist_is_said_in_the_readers_language() -> None:
    told = CliRunner().invoke(main, ["run", "--lang", "ja", "--", "no-such-command-here"])
    assert (told.exit_code, told.stderr) == (127, "setsuden: コマンドが見つかりません: no-such-command-here\n")
