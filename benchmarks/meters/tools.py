"""How each meter is asked for the joules of the processor: a few lines of Python, run in a process of its own.

IMPORT is what has to be loaded, START opens the meter and begins, STOP ends and leaves ``joules``, ``low``, ``high``
and ``flags`` behind. Peers give neither interval nor flags: they say what they say.
"""

from __future__ import annotations

from textwrap import indent

# name -> (import, start, stop, what its figure is compared with)
TOOLS: dict[str, tuple[str, str, str, str]] = {
    "setsuden": (
        "import setsuden",
        "m = setsuden.meter('x', ledger=False, rate_hz=10).start()",
        "r = m.stop()\n"
        "parts = [c.gross for c in r.channels if c.counted and c.component == 'cpu' and c.method == 'counter']\n"
        "joules, low, high = (sum(getattr(p, end) for p in parts) for end in ('value', 'low', 'high'))\n"
        "flags = sorted({f.code for f in r.flags})",
        "package",
    ),
    "codecarbon": (
        "from codecarbon import OfflineEmissionsTracker",
        "m = OfflineEmissionsTracker(country_iso_code='DEU', measure_power_secs=1, save_to_file=False,"
        " log_level='critical', allow_multiple_runs=True); m.start()",
        "m.stop(); joules = m.final_emissions_data.cpu_energy * 3.6e6",
        "package",
    ),
    "zeus": (
        "from zeus.monitor import ZeusMonitor",
        "m = ZeusMonitor(gpu_indices=[]); m.begin_window('x')",
        "r = m.end_window('x'); joules = sum((r.cpu_energy or {}).values())",
        "package",
    ),
    "carbontracker": (
        "from carbontracker.tracker import CarbonTracker",
        "m = CarbonTracker(epochs=1, update_interval=1, verbose=0, components='cpu', monitor_epochs=1)\n"
        "m.epoch_start()",
        "t = m.tracker; m.epoch_end()\nimport numpy\n"
        "from carbontracker.constants import PUE_2023 as pue\n"
        "joules = float(numpy.sum(t.total_energy_per_epoch())) * 3.6e6 / pue  # without its data-centre factor",
        "package + DRAM",
    ),
    "pyJoules": (
        "from pyJoules.energy_meter import EnergyMeter\nfrom pyJoules.device.rapl_device import RaplDevice, "
        "RaplPackageDomain",
        "found = [x for x in RaplDevice.available_domains() if isinstance(x, RaplPackageDomain)]\n"
        "if not found: raise LookupError('no package found')\n"
        "d = RaplDevice(); d.configure(found)\n"
        "m = EnergyMeter([d]); m.start()",
        "m.stop(); joules = sum(v for s in m.get_trace() for v in s.energy.values()) / 1e6",
        "package",
    ),
}

# Guarded, because some tools start processes that load the program again.
PROGRAM = """
import json, os, sys, time

def main():
    folder = sys.argv[1]
    low = high = None
    flags = []
{prepare}
    open(folder + '/ready', 'w').close()
    time.sleep(0.2)
{start}
    t0 = time.monotonic()
    while not os.path.exists(folder + '/stop'):
        time.sleep(0.01)
    t1 = time.monotonic()
{stop}
    sys.stdout.flush()
    with open(folder + '/answer.json', 'w') as answer:
        json.dump(dict(t0=t0, t1=t1, joules=joules, low=low, high=high, flags=flags), answer)
    os._exit(0)

if __name__ == '__main__':
    main()
"""


def program(tool: str) -> str:
    """The whole program."""
    prepare, start, stop, _ = TOOLS[tool]
    inside = {name: indent(text, "    ") for name, text in (("prepare", prepare), ("start", start), ("stop", stop))}
    return PROGRAM.format(**inside)
