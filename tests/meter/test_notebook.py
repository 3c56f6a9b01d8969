"""A notebook's kernel: cells that fail, meters that are forgotten when their name is used again, a kernel restarted."""

from __future__ import annotations

from setsuden.ledger import Ledger
from tests.meter.test_lifetime import run

CELLS = """
import code
kernel = code.InteractiveInterpreter({"Meter": Meter, "new": lambda: [FakeSensor(clock, {"fake/cpu": 10.0})]})
kernel.write = lambda text: None

def cell(text):
    kernel.runsource(text, symbol="exec")

cell("m = Meter('forgotten', sensors=new(), rate_hz=20).start()")
cell("raise KeyError('a cell that fails')")
cell("m = Meter('again', sensors=new(), rate_hz=20).start()")
time.sleep(1.2)
"""


def test_a_kernel_that_is_killed_leaves_every_meter_to_be_opened_and_its_successor_measures_on() -> None:
    assert run(CELLS + "os.kill(os.getpid(), 9)").returncode == -9
    assert run("with Meter('after', sensors=[sensor]): pass").returncode == 0
    with Ledger.open() as ledger:
        found = {record.name: record.status for record in ledger.runs()}
    assert found == {"forgotten": "cut off", "again": "cut off", "after": "finished"}


def test_a_kernel_that_is_asked_to_end_closes_what_was_forgotten_and_blames_no_later_run_for_a_cell_before() -> None:
    assert run(CELLS).returncode == 0
    with Ledger.open() as ledger:
        found = {record.name: record.status for record in ledger.runs()}
    assert found == {"forgotten": "failed", "again": "finished"}
