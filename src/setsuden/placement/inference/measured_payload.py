"""Payloads as a run measured them, in place of declared ones."""

from __future__ import annotations

from dataclasses import replace

from setsuden.errors import InputError
from setsuden.ledger import RunRecord
from setsuden.placement.inference.study import Study
from setsuden.quantity import Estimate, Provenance


def with_measured_payload(study: Study, run: RunRecord, requests: float) -> Study:
    """``study`` with the bytes that ``run`` sent and received, per request, of the whole machine or container.

    requests   that the run answered, above 0

    Raises InputError for a run without such a measurement or without a request.
    """
    if not requests > 0:
        raise InputError(
            "a payload per request needs the number of requests", place="--payload-requests", value=requests
        )
    use = run.root.utilisation if run.root is not None else None
    if use is None or use.network_sent_bytes is None or use.network_received_bytes is None:
        raise InputError(
            "this run measured no network traffic",
            place="--payload-run",
            value=run.id,
            remedy="Measure it with `setsuden run` of this version, on a machine whose network counters can be read.",
        )
    up, down = use.network_sent_bytes / requests / 1e3, use.network_received_bytes / requests / 1e3
    if up <= 0:
        raise InputError(
            "this run sent nothing over the network", place="--payload-run", value=run.id,
            remedy="Traffic within one machine is not counted: put the other end on another one.",
        )  # fmt: skip
    return replace(
        study,
        up_kb=Estimate.exact(up, "kB/request", Provenance.MEASURED),
        down_kb=Estimate.exact(down, "kB/request", Provenance.MEASURED),
    )
