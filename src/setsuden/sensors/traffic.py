"""Bytes through the network so far: of the machine, or of the container that this process is in."""

from __future__ import annotations

from setsuden.sensors.host import Host
from setsuden.sensors.open_file import OpenFile


class Traffic:
    """Running sums over all interfaces but the loopback, of everybody in this network namespace.

    The kernel keeps no such count for a process alone; give a program a container of its own to count only it.
    """

    def __init__(self, host: Host) -> None:
        linux = host.platform == "linux"
        self._table = OpenFile(host.files, host.procfs / "net" / "dev") if linux else None

    def read(self) -> tuple[float | None, float | None]:
        """Bytes received and sent so far; None where they cannot be read."""
        if self._table is None:
            return _of_psutil()
        received = sent = 0
        try:
            rows = self._table.read().splitlines()[2:]
            for line in rows:
                name, _, figures = line.partition(b":")
                if name.strip() != b"lo":
                    fields = figures.split()
                    received, sent = received + int(fields[0]), sent + int(fields[8])
        except (OSError, ValueError, IndexError):
            return None, None
        if not rows:  # even a machine without a network lists its loopback
            return None, None
        return float(received), float(sent)

    def close(self) -> None:
        """Release the file."""
        if self._table is not None:
            self._table.close()


def _of_psutil() -> tuple[float, float]:
    import psutil

    cards = [card for name, card in psutil.net_io_counters(pernic=True).items() if not name.startswith("lo")]
    return float(sum(card.bytes_recv for card in cards)), float(sum(card.bytes_sent for card in cards))
