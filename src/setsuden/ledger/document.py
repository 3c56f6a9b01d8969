"""Runs as plain documents: what ``show --json`` and ``export`` give out, without host and user unless asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from setsuden.ledger.measurement_json import measurement_to_json
from setsuden.ledger.record import RunRecord, RunSummary


def summary_document(summary: RunSummary) -> dict[str, Any]:
    """One line of a list of runs; schema ``runs``, items."""
    return {
        "id": summary.id,
        "kind": summary.kind,
        "name": summary.name,
        "status": summary.status,
        "started_at": summary.started_at,
        "duration_s": summary.duration_s,
        "energy": None if summary.energy is None else summary.energy.to_json(),
        "dynamic": None if summary.dynamic is None else summary.dynamic.to_json(),
        "tags": list(summary.tags),
    }


def run_document(record: RunRecord, *, with_host: bool = False) -> dict[str, Any]:
    """A run in full; schema ``show``.

    with_host   keep host name, user name, folder and the user's home in paths; by default they are taken out
    """
    document = {
        **summary_document(record.summary),
        "ended_at": record.ended_at,
        "detail": record.detail,
        "config": dict(record.config),
        "environment": dict(record.environment),
        "identity": dict(record.identity) if with_host else None,
        "channels": [channel.to_json() for channel in record.channels],
        "windows": [measurement_to_json(window) for window in record.windows],
        "events": [{"at": event.at, "code": event.code, "detail": event.detail} for event in record.events],
        "meter": record.document("meter"),
        "forecast": record.document("forecast"),
        "documents": list(record.documents),
        "samples": record.sample_count,
        "factors": [factor.to_json() for factor in record.factors],
    }
    return document if with_host else without_names(document, names_of(record.identity))


def names_of(identity: Mapping[str, Any]) -> dict[str, str]:
    """What to replace in every text: home folder, then host and user name where they are long enough to be names."""
    found = {str(Path.home()): "~"}
    folder = str(identity.get("folder") or "")
    user, host = identity.get("user"), identity.get("host")
    if user and f"{os.sep}{user}{os.sep}" in folder:
        found[folder[: folder.index(f"{os.sep}{user}{os.sep}") + len(user) + 1]] = "~"
    if host and len(host) >= 4:
        found[host] = "HOST"
    return found


def without_names(node: Any, secrets: Mapping[str, str]) -> Any:
    """Plain data with every name of ``names_of`` replaced by its mark."""
    if isinstance(node, str):
        for secret, mark in secrets.items():
            if len(secret) > 1:
                node = node.replace(secret, mark)
        return node
    if isinstance(node, list):
        return [without_names(item, secrets) for item in node]
    if isinstance(node, dict):
        return {key: without_names(item, secrets) for key, item in node.items()}
    return node
