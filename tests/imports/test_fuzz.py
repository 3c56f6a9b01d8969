"""Whatever a file holds, it is read or refused with a sentence; it is never a crash."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.imports import KINDS, read
from setsuden.imports.imported import Settings
from setsuden.ledger import measurement_to_json

WORDS = (
    "metrics", "key", "value", "timestamp", "system/gpu_0_power_usage_watts", "_timestamp", "gpu.0.powerWatts",
    "status", "data", "resultType", "matrix", "result", "metric", "values", "__name__", "DCGM_FI_DEV_POWER_USAGE",
    "MetricValues", "MetricId", "MetricValue", "Timestamp", "SystemInputPower", "PowerControl",
    "PowerConsumedWatts", "PowerWatts", "Reading", "duration", "energy_consumed", "time", "power", "cpu_energy",
    "run_id", "pue",
)  # fmt: skip
words = st.sampled_from(WORDS)
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(), words, st.text(max_size=5),
    st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01", "1e999", "NaN", "0", "1767225600"]),
)  # fmt: skip
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(words, inner, max_size=5)),
    max_leaves=20,
)
cells = st.one_of(leaves.map(str), st.sampled_from(["1", "2.5", "", '"']))
tables = st.lists(st.lists(cells, min_size=1, max_size=5).map(",".join), min_size=1, max_size=6).map("\n".join)


def attempt(kind: str, path: Path) -> None:
    with suppress(InputError):
        for found in read(kind, path, Settings()):
            json.dumps(measurement_to_json(found.measurement()), allow_nan=False)
            assert found.energy is None or found.energy.value >= 0


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("kind", ["mlflow", "wandb", "prometheus", "redfish"])
@given(tree=trees)
@example(tree={"status": "success", "data": {"resultType": "matrix", "result": [{"metric": 5, "values": 7}]}})
@example(tree=[{"_timestamp": True, "gpu.0.powerWatts": 1}])
def test_any_json_is_read_or_refused(tmp_path: Path, kind: str, tree: object) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(tree))
    attempt(kind, path)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("kind", ["codecarbon", "csv", "mlflow", "wandb"])
@given(head=st.lists(words, min_size=1, max_size=5).map(",".join), table=tables)
@example(head="timestamp,duration,energy_consumed", table="2026-01-01,1e300,1e300")
@example(head="timestamp,duration,energy_consumed", table="0001-01-01,10,1")
def test_any_table_is_read_or_refused(tmp_path: Path, kind: str, head: str, table: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"{head}\n{table}\n")
    attempt(kind, path)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("kind", list(KINDS))
@given(content=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(tmp_path: Path, kind: str, content: bytes) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(content)
    attempt(kind, path)
