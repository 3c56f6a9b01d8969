"""A search from a checked declaration to the finished document."""

from __future__ import annotations

import math
from contextlib import nullcontext
from datetime import UTC
from typing import Any

from setsuden.errors import LedgerError
from setsuden.ledger import Ledger, RunRecord
from setsuden.meter import Meter
from setsuden.places import Declared
from setsuden.sensors import Host
from setsuden.study.declaration import StudyDeclaration
from setsuden.study.progress import Progress, Silent
from setsuden.study.store import beginning
from setsuden.study.surroundings import Surroundings
from setsuden.study.tuning.choices import Choices, checked_for_tuning
from setsuden.study.tuning.document import Outcome, tune_document
from setsuden.study.tuning.power_limit import PowerLimit
from setsuden.study.tuning.records import Search
from setsuden.study.tuning.searcher import Searcher
from setsuden.study.tuning.store import KIND, SearchStore, found_in


def run_tune(
    study: StudyDeclaration,
    declared: Declared,
    ledger: Ledger,
    *,
    resume: RunRecord | None = None,
    progress: Progress | None = None,
    command: str = "setsuden tune",
    surroundings: Surroundings | None = None,
) -> dict[str, Any]:
    """Search, measure and charge; the ``tune`` document, which is also kept in the ledger.

    declared   where the study was declared, for errors that only the data can show
    resume     the interrupted run to continue; InputError unless it holds the same configuration

    Raises InputError before anything is written. An interruption leaves a run that ``resume`` can continue; what the
    step that was cut off had drawn stays charged.
    """
    around = surroundings or Surroundings()
    choices = Choices(checked_for_tuning(study, declared))
    search, created_at = Search(), around.clock.utc().astimezone(UTC).isoformat(timespec="seconds")
    if resume is not None:
        created_at = beginning(study, resume)
        search = found_in(resume)
    seconds = around.clock.elapsed
    limit = _limit(study, around.host)
    workshop = around.workshop(study, declared, seconds)
    discovery = around.discover(around.clock)
    store = SearchStore.begin(ledger, study, created_at, search)
    if resume is not None:
        store.run.event("resumed", f"continues {resume.id}")
    if limit is not None:
        store.run.event("power_limit", f"GPU {limit.index} had {limit.original_w:g} W, to be put back at the end")
    meter = Meter(
        study.name,
        run=store.run,
        sensors=discovery.sensors,
        probe=around.probe(around.host, discovery),
        clock=around.clock,
        idle_s=study.measure.idle_s,
        sleep=around.sleep,
        rate_hz=around.rate_hz,
        kind=KIND,
    )
    shown = progress or Silent()
    try:
        with limit or nullcontext(), meter:
            left_s = study.minutes * 60 - search.spent_s
            until_s = seconds() + left_s if math.isfinite(left_s) else math.inf
            searcher = Searcher(choices, workshop, meter, store, search, seconds, until_s, shown, limit)
            searcher.run()
    except BaseException as error:
        store.failed(error)
        raise
    finally:
        shown.finish()
    worth = searcher.ended == "not_worth" and searcher.last is not None
    document = tune_document(
        Outcome(
            choices,
            search,
            searcher.ended,
            searcher.last.saving_j if worth and searcher.last is not None else 0.0,
            searcher.last.price_j if worth and searcher.last is not None else 0.0,
            workshop.data_facts,
            {part.id: part.provenance.value for part in discovery.channels if part.id in discovery.counted},
            store.run.id,
            created_at,
            command,
        )
    )
    try:
        store.run.put_document(KIND, document)
        store.run.finish("finished", summary=meter.result)
    except LedgerError as error:
        store.fault = str(error)
    return document


def _limit(study: StudyDeclaration, host: Host) -> PowerLimit | None:
    """The power limit of the card that trains, where the study varies it."""
    if not study.power_limits_w:
        return None
    limit = PowerLimit(host, study.device)
    limit.check(study.power_limits_w)
    return limit
