"""Runs with known figures, sent and fetched without the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from setsuden.ledger import Ledger
from setsuden.ledger.document import run_document, summary_document
from setsuden.team import Address, Outcome, Remote, Selection, choose, fetch, send
from tests.ledger.support import channel, measurement, rows


def add_run(ledger: Ledger, name: str = "train", *, tags: Sequence[str] = (), end: bool = True, **config: Any) -> str:
    """A run with a channel, two blocks, two windows, an event and a document; its id."""
    run = ledger.start_run("meter", name, config, tags)
    run.add_channels([channel()])
    run.write_samples(0, rows(0.0, 30))
    run.write_samples(0, rows(15.0, 3), ["SET-NOTE"])
    run.close_window(measurement(1))
    run.close_window(measurement(2, 40.0, parent_id=1))
    run.event("SET-NOTE", "something happened")
    run.put_document("meter", {"idle": None})
    if end:
        run.finish(summary=measurement(1))
    return run.id


def send_all(
    url: str, ledger: Ledger, selection: Selection | None = None, *, running: bool = False, with_host: bool = False
) -> list[Outcome]:
    with Remote(Address.parse(url), to_write=True) as remote:
        chosen = choose(ledger, selection or Selection(), running=running)
        return list(send(ledger, remote, chosen.runs, with_host=with_host))


def fetch_all(url: str, into: Path, selection: Selection | None = None) -> list[Outcome]:
    with Remote(Address.parse(url), to_write=False) as remote, Ledger.open(into) as ledger:
        return list(fetch(remote, ledger, selection or Selection()))


def results(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.result for outcome in outcomes]


def documents(ledger: Ledger) -> list[Any]:
    """Everything that commands read of every run."""
    return [told(ledger, summary.id) for summary in ledger.runs()]


def told(ledger: Ledger, run_id: str) -> Any:
    """A run's line in lists, the run in full, every sample and every document."""
    record = ledger.run(run_id)
    series = {name: [part.tolist() for part in _arrays(record, name)] for name in {c.id for c in record.channels}}
    further = {name: record.document(name) for name in record.documents}
    return summary_document(record.summary), run_document(record), series, further


def _arrays(record: Any, name: str) -> list[Any]:
    series = record.samples(name)
    return [series.t_s, series.energy_j, series.low_j, series.high_j, series.power_t_s, series.power_w]
