"""Apple silicon through ``powermetrics``: CPU, GPU and neural engine, as the system tool reports them.

The tool needs root and writes one property list per interval, separated by NUL bytes: ``elapsed_ns`` and, under
``processor``, ``cpu_power``, ``gpu_power`` and ``ane_power`` in mW, means over the interval. Source: ``man
powermetrics``. The parser is tested on output of that form; the sensor has not been run on a Mac.
"""

from __future__ import annotations

import os
import plistlib
from collections.abc import Callable
from dataclasses import dataclass
from xml.parsers.expat import ExpatError

from setsuden.quantity import DEVICE, Provenance
from setsuden.sensors import flags
from setsuden.sensors.counter import LOST_AFTER_S
from setsuden.sensors.host import Host
from setsuden.sensors.protocol import Channel, Component, Finding, Method, Sample, Status, finding
from setsuden.sensors.tally import Moment, Moments, Tally

_TOOL = "/usr/bin/powermetrics"
_INTERVAL_S = 1.0
# A reading may lag by the interval under way and a late start; time beyond this many intervals was not reported.
_PATIENCE = 1.8
_PARTS = {
    "cpu": ("cpu_power", Component.CPU, "CPU", 250.0),
    "gpu": ("gpu_power", Component.GPU, "GPU", 250.0),
    "ane": ("ane_power", Component.ACCELERATOR, "neural engine", 50.0),
}
_ERROR = (0.10, "convention: Apple calls the figures estimates and publishes no accuracy (man powermetrics)")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One interval: its length, and mean watts by part (``cpu``, ``gpu``, ``ane``) where the tool gives them."""

    elapsed_s: float
    watts: dict[str, float]


def parse_snapshots(content: bytes) -> tuple[list[Snapshot], bytes]:
    """All complete property lists in ``content`` and the incomplete rest; a damaged one is left out."""
    *complete, rest = content.split(b"\0")
    if rest.rstrip().endswith(b"</plist>"):
        complete.append(rest)
        rest = b""
    snapshots = (_snapshot(piece) for piece in complete if piece.strip())
    return [item for item in snapshots if item is not None], rest


def _snapshot(piece: bytes) -> Snapshot | None:
    try:
        document = plistlib.loads(piece.strip())
        processor = document["processor"]
        elapsed_s = float(document["elapsed_ns"]) / 1e9
        named = {part: key for part, (key, *_) in _PARTS.items()}
        watts = {part: float(processor[key]) / 1e3 for part, key in named.items() if key in processor}
    except (plistlib.InvalidFileException, ExpatError, KeyError, TypeError, ValueError):
        return None
    return Snapshot(elapsed_s, watts) if elapsed_s > 0 and watts else None


class PowermetricsSensor:
    """Adds up power x interval of the snapshots that have arrived.

    read_some   what has arrived since the last call, without waiting; raises OSError when the tool is gone
    stop        ends the tool
    """

    name = "powermetrics"

    def __init__(self, host: Host, read_some: Callable[[], bytes], stop: Callable[[], None]) -> None:
        self._read_some = read_some
        self._stop = stop
        self._rest = b""
        self._moments = Moments(host.clock)
        self._opened_s = self._moments.now().t_s
        self._covered_s = 0.0
        self._tallies = {part: Tally() for part in _PARTS}
        self._last_w: dict[str, float] = {}
        self.channels = tuple(_channel(part) for part in _PARTS)

    def read(self) -> tuple[Sample, ...]:
        """One sample per part; between two snapshots the energy stands still."""
        now = self._moments.now()
        try:
            snapshots, self._rest = parse_snapshots(self._rest + self._read_some())
        except OSError:
            snapshots = []
        for snapshot in snapshots:
            self._take(snapshot)
        behind_s = now.t_s - self._opened_s - self._covered_s
        if behind_s <= _PATIENCE * _INTERVAL_S:
            return tuple(self._sample(part, now, ()) for part in _PARTS)
        if snapshots:
            self._settle(behind_s - 0.5 * _INTERVAL_S)
            return tuple(self._sample(part, now, (flags.ENERGY_GAP,)) for part in _PARTS)
        lost = (flags.CHANNEL_LOST,) if behind_s > LOST_AFTER_S else ()
        return tuple(self._silent(part, now, behind_s, (flags.ENERGY_GAP, *lost)) for part in _PARTS)

    def close(self) -> None:
        """End the tool."""
        self._stop()

    def _take(self, snapshot: Snapshot) -> None:
        self._covered_s += snapshot.elapsed_s
        for part, watts in snapshot.watts.items():
            self._tallies[part].add(watts * snapshot.elapsed_s)
            self._last_w[part] = watts

    def _settle(self, missing_s: float) -> None:
        """Time that no snapshot covers: the tool was stopped or starved."""
        self._covered_s += missing_s
        for part, (*_, limit_w) in _PARTS.items():
            likely_w = self._last_w.get(part, 0.0)
            self._tallies[part].add(likely_w * missing_s, 0.0, max(limit_w, likely_w) * missing_s)

    def _sample(self, part: str, now: Moment, notes: tuple[str, ...]) -> Sample:
        return self._tallies[part].sample(now.t_s, self._last_w.get(part), notes)

    def _silent(self, part: str, now: Moment, behind_s: float, notes: tuple[str, ...]) -> Sample:
        limit_w = _PARTS[part][3]
        likely_j = self._last_w.get(part, 0.0) * behind_s
        return self._tallies[part].sample(now.t_s, None, notes, (likely_j, 0.0, max(limit_w * behind_s, likely_j)))


def _channel(part: str) -> Channel:
    _key, component, label, _limit = _PARTS[part]
    return Channel(
        id=f"powermetrics/{part}",
        component=component,
        label=f"{label} (powermetrics)",
        method=Method.POWER,
        provenance=Provenance.MEASURED,
        boundary=DEVICE,
        relative_error=_ERROR[0],
        error_source=_ERROR[1],
        update_interval_s=_INTERVAL_S,
    )


def probe_powermetrics(host: Host) -> tuple[PowermetricsSensor | None, list[Finding]]:
    """Start the tool where it may be started."""
    if os.geteuid() != 0:
        return None, [finding("powermetrics", Status.DENIED, "powermetrics-denied")]
    import subprocess

    command = [_TOOL, "--samplers", "cpu_power,gpu_power", "-i", str(round(_INTERVAL_S * 1000)), "-f", "plist"]
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError as error:
        return None, [finding("powermetrics", Status.ABSENT, "powermetrics-absent", error=error.strerror)]
    assert process.stdout is not None
    descriptor = process.stdout.fileno()
    os.set_blocking(descriptor, False)

    def stop() -> None:
        # The tool dies by itself, writing into a closed pipe, when this process is killed.
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=5)
        if process.stdout is not None:
            process.stdout.close()

    sensor = PowermetricsSensor(host, lambda: read_pipe(descriptor), stop)
    said = finding("powermetrics", Status.AVAILABLE, "powermetrics", error=f"{_ERROR[0]:.0%}", basis=_ERROR[1])
    return sensor, [said]


def read_pipe(descriptor: int) -> bytes:
    """Everything that waits in a non-blocking pipe; raises BrokenPipeError when its writer is gone and it is empty."""
    pieces: list[bytes] = []
    while True:
        try:
            piece = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return b"".join(pieces)
        if not piece:
            if pieces:
                return b"".join(pieces)
            raise BrokenPipeError("powermetrics has ended")
        pieces.append(piece)
