"""Small ledgers whose sums are known by hand, and how their pages are asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from setsuden.dashboard import Dashboard, Settings
from setsuden.dashboard.reply import Reply
from setsuden.ledger import ChannelEnergy, ChannelRecord, Flag, Ledger, Measurement, RunWriter, Utilisation
from setsuden.quantity import DEVICE, NODE, Boundary, Estimate, Provenance

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KWH = 3.6e6
_BEGUN_S: dict[str, float] = {}
IDENTITY = {"host": "kaizen-01", "user": "tanaka", "folder": "/home/tanaka/work"}


def write(
    ledger: Ledger,
    name: str = "train.py",
    kwh: float | None = 1.0,
    *,
    day: str = "2026-11-20",
    tags: Sequence[str] = (),
    phases: Sequence[tuple[str, float]] = (),
    provenance: Provenance = Provenance.MEASURED,
    status: str = "finished",
    detail: str | None = None,
    hours: float = 1.0,
    kind: str = "command",
    samples: int = 0,
    flag: Flag | None = None,
    boundary: Boundary = NODE,
    idle_share: float | None = None,
    identity: dict[str, str] | None = None,
    inside: RunWriter | None = None,
    clock_s: float | None = None,
) -> RunWriter:
    """A run with one channel, its interval +-10 %.

    phases    windows with their share of its energy
    inside    the run around it, which began with it
    clock_s   when it began on the machine's clock; default: long after all others
    """
    if inside is not None:
        tags, clock_s = [*tags, f"within:{inside.id}"], _BEGUN_S[inside.id]
    elif clock_s is None:
        clock_s = 1e6 * (len(_BEGUN_S) + 1)
    channel = ChannelRecord("fake/cpu", "cpu", "CPU", "counter", provenance, DEVICE, 0.1, "scripted")
    hardware = {"machine": "x86_64", "processor": "Some CPU", "usable_cpus": 8, "memory_bytes": 16e9}
    writer = ledger.start_run(
        kind,
        name,
        {"command": ["python", name]},
        tags=tags,
        environment={"hardware": hardware, "software": {"system": "Linux", "python": "3.11"}, "git": None},
        started_at=f"{day}T10:00:00.000+00:00",
    )
    with ledger.transaction() as connection:
        text = json.dumps(IDENTITY if identity is None else identity)
        connection.execute("UPDATE runs SET identity = ? WHERE id = ?", (text, writer.id))
    _BEGUN_S[writer.id] = clock_s
    writer.add_channels([channel])
    if samples:
        joules = (kwh or 0.0) * KWH
        step = hours * 3600 / max(1, samples - 1)
        rows = [(clock_s + k * step, joules * k / max(1, samples - 1)) for k in range(samples)]
        writer.write_samples(0, [(t, e, e, e, None) for t, e in rows])

    def measured(window: int, title: str, parent: int | None, share: float, about: dict[str, Any]) -> Measurement:
        gross = None if kwh is None else Estimate.relative(kwh * share * KWH, 0.1, "J", provenance, boundary)
        dynamic = None if gross is None or idle_share is None else gross * (1 - idle_share)
        parts = () if gross is None else (ChannelEnergy("fake/cpu", "cpu", "CPU", "counter", gross, None, None, True),)
        seen = (flag,) if flag is not None else ()
        return Measurement(
            window, title, parent, f"{day}T10:00:00.000+00:00", clock_s, hours * 3600 * share, gross, dynamic, parts,
            Utilisation(cpu_share=0.5), seen, about,
        )  # fmt: skip

    whole = measured(1, name, None, 1.0, {})
    writer.close_window(whole)
    for number, (phase, share) in enumerate(phases):
        writer.close_window(measured(number + 2, f"{phase} {number}", 1, share, {"phase": phase, "samples": 1000}))
    if status != "running":
        writer.finish(status, detail=detail, summary=whole)
    return writer


def dashboard(path: Path, **settings: Any) -> Dashboard:
    return Dashboard(Settings(ledger=path, zone=UTC, now=lambda: NOW, **settings))


def get(path: Path, target: str, **settings: Any) -> Reply:
    return dashboard(path, **settings).reply("GET", target, "localhost")


class Read(HTMLParser):
    """A page as a browser would take it apart: every element with its attributes, every text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self._row = False
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.named: list[str] = []
        """What rows of tables are called, from the top of the page."""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._row = tag == "a" and self.elements[-1] == ("th", {"scope": "row"})
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._row:
            self.named.append(data)
            self._row = False

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def links(self) -> list[str]:
        return [str(attrs["href"]) for tag, attrs in self.elements if tag == "a"]


def page(path: Path, target: str, **settings: Any) -> Read:
    reply = get(path, target, **settings)
    assert reply.status == 200, reply.body.decode()
    return Read(reply.body.decode())
