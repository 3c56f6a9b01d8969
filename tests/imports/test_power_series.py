"""MLflow, W&B, Prometheus, wall meters, Redfish: shapes, units, double counting, holes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from setsuden.ledger import Ledger
from tests.imports.support import codes, document, file, joules, refused, run

T0 = 1_767_225_600  # 2026-01-01T00:00:00Z
STARTED = "2026-01-01T00:00:00.000+00:00"


def history(key: str, watts: list[float]) -> list[dict[str, Any]]:
    return [{"key": key, "value": w, "timestamp": (T0 + 10 * k) * 1000, "step": k} for k, w in enumerate(watts)]


# -- MLflow


def test_mlflow_history_of_two_gpus_adds_up(tmp_path: Path) -> None:
    first = history("system/gpu_0_power_usage_watts", [100, 100, 100])
    second = history("system/gpu_1_power_usage_watts", [50, 50, 50])
    other = history("system/gpu_0_utilization_percentage", [99, 99, 99])
    found = run("mlflow", file(tmp_path, "m.json", {"metrics": first + second + other}))
    assert joules(found) == pytest.approx(150 * 20)
    assert found.started_at == STARTED
    assert found.summary.duration_s == 20.0
    assert str(found.summary.energy.boundary) == "device"  # type: ignore[union-attr]
    assert found.samples("mlflow/gpu-0").power_w.tolist() == [100, 100, 100]
    assert found.sample_count == 6


def test_mlflow_csv_and_folder_say_the_same(tmp_path: Path) -> None:
    lines = [f"{(T0 + 10 * k) * 1000} 100.0 {k}" for k in range(3)]
    folder = tmp_path / "metrics" / "system"
    folder.mkdir(parents=True)
    (folder / "gpu_0_power_usage_watts").write_text("\n".join(lines) + "\n")
    table = "key,value,timestamp,step\n"
    table += "".join(f"system/gpu_0_power_usage_watts,100.0,{(T0 + 10 * k) * 1000},{k}\n" for k in range(3))
    assert joules(run("mlflow", str(tmp_path / "metrics"))) == 2000.0
    assert joules(run("mlflow", file(tmp_path, "m.csv", table))) == 2000.0


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"metrics": []}, "gpu_{i}_power_usage_watts"),
        ({"metrics": [{"key": "x"}]}, "key, value and timestamp"),
        ({"metrics": 7}, "key, value and timestamp"),
        ("{", "not JSON"),
        ({"metrics": history("system/gpu_0_power_usage_watts", [1.0])}, "two samples"),
    ],
)
def test_mlflow_files_that_hold_no_power_are_refused(tmp_path: Path, content: object, expected: str) -> None:
    assert expected in refused("mlflow", file(tmp_path, "m.json", content))


def test_an_mlflow_csv_without_a_column_is_refused(tmp_path: Path) -> None:
    assert "timestamp" in refused("mlflow", file(tmp_path, "m.csv", "key,value\nx,1\n"))


# -- Weights & Biases


def test_wandb_events_count_each_gpu_once(tmp_path: Path) -> None:
    events = [
        {"_timestamp": T0 + 15 * k, "system.gpu.0.powerWatts": 200.0, "system.gpu.process.0.powerWatts": 200.0,
         "system.gpu.0.powerPercent": 50.0}
        for k in range(5)
    ]  # fmt: skip
    found = run("wandb", file(tmp_path, "w.json", events))
    assert joules(found) == pytest.approx(200 * 60)
    assert len(found.channels) == 1


def test_wandb_lines_and_csv_with_blanks(tmp_path: Path) -> None:
    lines = "\n".join(f'{{"_timestamp": {T0 + 15 * k}, "gpu.0.powerWatts": 200}}' for k in range(3))
    assert joules(run("wandb", file(tmp_path, "w.jsonl", lines))) == pytest.approx(6000.0)
    table = "_timestamp,system.gpu.0.powerWatts,loss\n" + "".join(
        f"{T0 + 15 * k},{'' if k == 1 else 200},0.1\n" for k in range(4)
    )
    assert joules(run("wandb", file(tmp_path, "w.csv", table))) == pytest.approx(9000.0)


def test_wandb_runtime_is_relative_and_dated_by_start(tmp_path: Path) -> None:
    path = file(tmp_path, "w.json", [{"_runtime": 15 * k, "gpu.0.powerWatts": 100} for k in range(3)])
    assert codes(run("wandb", path)) == ["SET-IMPORT-CLOCK"]
    found = run("wandb", path, "--start", "2026-01-01T09:00+09:00")
    assert found.started_at == STARTED
    assert codes(found) == []


def test_wandb_without_power_is_refused(tmp_path: Path) -> None:
    assert "powerWatts" in refused("wandb", file(tmp_path, "w.json", [{"_timestamp": T0, "loss": 1}]))


# -- Prometheus


def matrix(*series: tuple[dict[str, str], list[tuple[float, str]]]) -> dict[str, Any]:
    result = [{"metric": labels, "values": [list(pair) for pair in values]} for labels, values in series]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}}


def values(numbers: list[float], step: float = 15.0) -> list[tuple[float, str]]:
    return [(T0 + step * k, str(value)) for k, value in enumerate(numbers)]


@pytest.mark.parametrize(
    ("name", "numbers", "expected"),
    [
        ("DCGM_FI_DEV_POWER_USAGE", [100, 100, 100], 3000.0),
        ("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", [1e6, 2.5e6, 4e6], 3000.0),  # mJ
        ("kepler_node_cpu_joules_total", [0, 1500, 3000], 3000.0),
        ("scaph_host_power_microwatts", [1e8, 1e8, 1e8], 3000.0),
        ("scaph_host_energy_microjoules", [0, 1.5e9, 3e9], 3000.0),
        ("setsuden_energy_joules_total", [7, 1507, 3007], 3000.0),
        ("setsuden_power_watts", [100, 100, 100], 3000.0),
    ],
)
def test_every_known_metric_in_its_unit(tmp_path: Path, name: str, numbers: list[float], expected: float) -> None:
    labels = {"__name__": name, "gpu": "0", "component": "cpu", "provenance": "measured"}
    assert joules(run("prometheus", file(tmp_path, "p.json", matrix((labels, values(numbers)))))) == pytest.approx(
        expected
    )


def test_a_counter_is_preferred_to_the_power_of_the_same_device(tmp_path: Path) -> None:
    power = ({"__name__": "DCGM_FI_DEV_POWER_USAGE", "UUID": "GPU-1"}, values([90, 90, 90]))
    count = ({"__name__": "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "UUID": "GPU-1"}, values([0, 1.5e6, 3e6]))
    for order in ((power, count), (count, power)):
        found = run("prometheus", file(tmp_path, "p.json", matrix(*order)))
        assert joules(found) == pytest.approx(3000.0)
        assert len(found.channels) == 1


def test_two_nodes_are_two_runs(tmp_path: Path) -> None:
    series = [({"__name__": "DCGM_FI_DEV_POWER_USAGE", "gpu": "0", "Hostname": h}, values([10, 10])) for h in "ab"]
    found = document("prometheus", file(tmp_path, "p.json", matrix(*series)))
    assert [r["measurement"]["energy"]["value"] for r in found["runs"]] == pytest.approx([150.0, 150.0])


def test_a_whole_node_contains_its_parts(tmp_path: Path) -> None:
    whole = ({"__name__": "scaph_host_power_microwatts"}, values([3e8, 3e8]))
    part = ({"__name__": "DCGM_FI_DEV_POWER_USAGE", "gpu": "0"}, values([100, 100]))
    found = run("prometheus", file(tmp_path, "p.json", matrix(whole, part)))
    assert joules(found) == pytest.approx(4500.0)
    assert str(found.summary.energy.boundary) == "node"  # type: ignore[union-attr]


def test_stale_samples_leave_a_hole(tmp_path: Path) -> None:
    numbers = [(T0 + 15.0 * k, "NaN" if 3 <= k < 9 else "100") for k in range(12)]
    path = file(tmp_path, "p.json", matrix(({"__name__": "DCGM_FI_DEV_POWER_USAGE", "gpu": "0"}, numbers)))
    found = run("prometheus", path)
    assert codes(found) == ["SET-IMPORT-GAP"]
    assert joules(found) == pytest.approx(100 * 165)


def test_an_expression_without_a_name_needs_the_component(tmp_path: Path) -> None:
    path = file(tmp_path, "p.json", matrix(({}, values([100, 100]))))
    assert "--component" in refused("prometheus", path)
    assert joules(run("prometheus", path, "--component", "gpu")) == pytest.approx(1500.0)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"status": "error", "error": "bad_data: parse error"}, "bad_data"),
        ({"status": "success", "data": {"resultType": "vector", "result": []}}, "range query"),
        ([], "range query"),
        (matrix(({"__name__": "up"}, values([1, 1]))), "known here"),
        (matrix(({"__name__": "DCGM_FI_DEV_POWER_USAGE"}, [(T0, "warm"), (T0 + 1, "1")])), "not a number"),
    ],
)
def test_other_answers_of_prometheus_are_refused(tmp_path: Path, content: object, expected: str) -> None:
    assert expected in refused("prometheus", file(tmp_path, "p.json", content))


# -- wall meters and management controllers


@pytest.mark.parametrize(
    ("column", "factor"),
    [
        ("power", 1.0),
        ("power_w", 1.0),
        ("Power (W)", 1.0),
        ("Watts", 1.0),
        ("power_mw", 1e-3),
        ("Power [kW]", 1e3),
        ("kW", 1e3),
    ],
)
def test_the_unit_is_in_the_name_of_the_column(tmp_path: Path, column: str, factor: float) -> None:
    rows = "".join(f"2026-01-01T00:00:{10 * k:02d}Z,{60 / factor}\n" for k in range(6))
    found = run("csv", file(tmp_path, "w.csv", f"time,{column}\n{rows}"))
    assert joules(found) == pytest.approx(3000.0)
    assert found.started_at == STARTED
    assert str(found.summary.energy.boundary) == "node"  # type: ignore[union-attr]


def test_columns_of_other_names_are_chosen(tmp_path: Path) -> None:
    path = file(tmp_path, "w.csv", "Zeit;Wirkleistung\n0;0,5\n".replace("0,5", "0.5") + "10;0.5\n20;0.5\n")
    words = ("--time-column", "Zeit", "--power-column", "Wirkleistung=kW", "--start", "2026-01-01T00:00Z")
    found = run("csv", path, *words, "--relative-error", "0.01")
    assert joules(found) == pytest.approx(10_000.0)
    energy = found.summary.energy
    assert energy is not None
    assert (energy.low, energy.high) == pytest.approx((9_900.0, 10_100.0))


@pytest.mark.parametrize(
    ("content", "words", "expected"),
    [
        ("tim,power\n0,1\n", (), "--time-column"),
        ("time,volts\n0,1\n", (), "no column of power"),
        ("time,power,watts\n0,1,1\n", (), "several columns"),
        ("time,x\n0,1\n1,1\n", ("--power-column", "x=kWh"), "not a unit of power"),
        ("time,x\n0,1\n1,1\n", ("--power-column", "x=wat"), "unknown unit"),
        ("time,x\n0,1\n1,1\n", ("--power-column", "y"), "missing column: y"),
        ("time,power\n0,-1\n1,1\n", (), "not negative"),
        ("time,power\n0,nan\n1,1\n", (), "line 2, column power"),
        ("time,power\n0,1e12\n1,1e12\n", (), "Check the unit"),
        ("time,power\n1e30,1\n2e30,1\n", (), "outside the years"),
        ("time,power\n0,1\n2026-01-01T00:00:00Z,1\n", (), "mixed"),
        ("time,power\nnoon,1\n1,1\n", (), "not a time"),
        ("time,power\n", (), "no samples"),
        ("time,power\n0,1\n1,1\n", ("--relative-error", "-1"), "--relative-error"),
        ("time,power\n0,1\n1,1\n", ("--timezone", "Mars/Olympus"), "unknown zone"),
        ("time,power\n0,1\n1,1\n", ("--start", "2026-01-01"), "--start"),
    ],
)
def test_wrong_tables_are_refused(tmp_path: Path, content: str, words: tuple[str, ...], expected: str) -> None:
    assert expected in refused("csv", file(tmp_path, "w.csv", content), *words)


def test_a_wall_meter_with_a_hole_tells_it(tmp_path: Path) -> None:
    rows = "".join(f"{T0 + t},{p}\n" for t, p in [(0, 100), (1, 100), (2, 300), (62, 100), (63, 100)])
    found = run("csv", file(tmp_path, "w.csv", "time,power\n" + rows))
    energy = found.summary.energy
    assert energy is not None
    assert energy.value == pytest.approx(100 + 200 + 60 * 200 + 100)
    assert energy.low == pytest.approx(energy.value * 0.95 - 60 * 100)
    assert energy.high == pytest.approx(energy.value * 1.05 + 60 * 100)
    assert codes(found) == ["SET-IMPORT-GAP"]


def test_redfish_reports_and_polls(tmp_path: Path) -> None:
    metric = [
        {"MetricId": "SystemInputPower", "MetricValue": "300", "Timestamp": f"2026-01-01T00:00:{10 * k:02d}Z"}
        for k in range(4)
    ]
    other = [{"MetricId": "AmbientTemp", "MetricValue": "21", "Timestamp": "2026-01-01T00:00:00Z"}]
    assert joules(run("redfish", file(tmp_path, "r.json", {"MetricValues": metric + other}))) == pytest.approx(9000.0)
    polls = [
        {"Timestamp": T0 + 10 * k, "PowerControl": [{"PowerConsumedWatts": 100}, {"PowerConsumedWatts": 200}]}
        for k in range(4)
    ]
    assert joules(run("redfish", file(tmp_path, "p.json", polls))) == pytest.approx(9000.0)
    readings = [{"Timestamp": T0 + 10 * k, "PowerWatts": {"Reading": 300}} for k in range(4)]
    assert joules(run("redfish", file(tmp_path, "e.json", readings))) == pytest.approx(9000.0)


@pytest.mark.parametrize("said", ["Name", "PhysicalContext"])
def test_a_controller_that_shows_parts_beside_the_whole_counts_the_whole(tmp_path: Path, said: str) -> None:
    shown = {"Server Power Control": 300, "CPU Sub-system Power": 150, "Memory Sub-system Power": 30}
    controls = [{said: name, "PowerConsumedWatts": watts} for name, watts in shown.items()]
    polls = [{"Timestamp": T0 + 10 * k, "PowerControl": controls} for k in range(4)]
    assert joules(run("redfish", file(tmp_path, "p.json", polls))) == pytest.approx(9000.0)


def test_a_controller_that_knows_one_supply_of_two_does_not_halve_the_power(tmp_path: Path) -> None:
    polls: list[dict[str, Any]] = [
        {"Timestamp": T0 + k, "PowerControl": [{"PowerConsumedWatts": 100}, {"PowerConsumedWatts": 200}]}
        for k in range(9)
    ]
    for k in (4, 5):
        polls[k]["PowerControl"][1]["PowerConsumedWatts"] = None
    found = run("redfish", file(tmp_path, "p.json", polls))
    assert joules(found) == pytest.approx(300 * 8)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"Name": "Power"}, "no power"),
        ([{"PowerControl": [{"PowerConsumedWatts": 1}]}], "without a time"),
        ([1], "Redfish resources"),
        ({"MetricValues": 5}, "metric values"),
        ([{"PowerControl": 5, "Timestamp": 1}], "controls"),
    ],
)
def test_other_redfish_is_refused(tmp_path: Path, content: object, expected: str) -> None:
    assert expected in refused("redfish", file(tmp_path, "r.json", content))


def test_a_long_series_is_stored_in_blocks_and_read_back(tmp_path: Path) -> None:
    rows = "".join(f"{T0 + k},{100 + k % 7}\n" for k in range(10_000))
    found = run("csv", file(tmp_path, "w.csv", "time,power\n" + rows))
    series = found.samples("csv/board")
    assert len(series.t_s) == 10_000
    assert series.energy_j[-1] == pytest.approx(joules(found))
    with Ledger.open(create=False) as ledger:
        assert [summary.name for summary in ledger.runs(kind="import")] == ["w"]


def test_keplers_zones_are_not_counted_twice(tmp_path: Path) -> None:
    def zone(name: str, joules: float) -> tuple[dict[str, str], list[tuple[float, str]]]:
        return {"__name__": "kepler_node_cpu_joules_total", "zone": name}, values([0, joules])

    parts = [zone("package-0", 1000), zone("core", 800), zone("uncore", 100), zone("dram", 50)]
    found = run("prometheus", file(tmp_path, "p.json", matrix(*parts)))
    assert joules(found) == pytest.approx(1050.0)
    whole = run("prometheus", file(tmp_path, "q.json", matrix(*parts, zone("psys", 1500))))
    assert joules(whole) == pytest.approx(1500.0)
