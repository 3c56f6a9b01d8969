"""Tiny federations as a user declares them, and what running one gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from tests.federated.core.support import HANGS, NOT_FINITE, RAISES, marked

from setsuden.federated.study import reading
from setsuden.federated.study.run import Outcome, run
from setsuden.ledger import Ledger
from setsuden.places import parse_yaml
from setsuden.workload.data import Dataset

TINY = """
name: tiny
data: {name: digits, train_limit: 200, test_limit: 120}
model: logistic
clients: 4
local: {batch_size: 20, learning_rate: 0.1}
workers: 1
"""
FLEET = """
fleet:
  name: boards
  devices:
    board: {macs_per_s: 1.0e+9, active_w: 10, idle_w: 4}
    server: {macs_per_s: 1.0e+12, active_w: 250, idle_w: 50}
  server: {device: server, country: FR, pue: 1.2}
  clients:
    - {share: 0.5, device: board, country: FR, link: {technology: fixed, radio: wifi, up_mbps: 20}}
    - {share: 0.5, device: board, country: CN, link: {technology: fixed, radio: wifi, up_mbps: 20}}
"""
SHORT = "stop: {rounds: 2}\ncentralised: {epochs: 1, evaluations_per_epoch: 2}\n"


def outcome(text: str, out: Path | None = None, ledger: Ledger | None = None) -> Outcome:
    """A study as written, run."""
    declared = parse_yaml(text, "study.yaml", "federate")
    federation = reading.read(declared)
    return run(federation, reading.read_fleet(declared, federation, Path()), out=out, ledger=ledger)


def troubled() -> Dataset:
    """Six clients of 40 points; one raises, one hangs, one is not finite."""
    data = marked({1: RAISES, 2: HANGS, 4: NOT_FINITE})
    return replace(data, groups_train=np.repeat(np.arange(6), 40))
