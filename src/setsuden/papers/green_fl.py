"""Yousefpour et al. 2023, "Green Federated Learning" (arXiv 2303.14604): its accounting, as far as its text tells.

The paper prints its form completely and its constants in part: the energies per bit, the server's carbon intensity, the
model's size and all values of figures are missing, and nothing is filled in for them. What the text's own figures imply
is recomputed; the network's coefficients that others use for the same term are set beside each other.
"""

from __future__ import annotations

from setsuden.catalogue.network import MODELS
from setsuden.papers.cell import EXACT, ROUNDED, Cell, Replay, Table
from setsuden.papers.published import cell, footprint_of, rows
from setsuden.quantity import Factor

PAPER = "Yousefpour et al. 2023, Green Federated Learning (arXiv 2303.14604)"
FORMULA = (
    "client J = P_cpu t_compute + P_rx t_down + P_tx t_up; network J = J/bit x bits; "
    "server kWh = (aggregator + selector) W x h x PUE / 1000; CO2e = kWh x intensity, place by place"
)
_WHOLE_PERCENT = 0.011  # two shares near 97 %, each printed as a whole percent
_MODEL_BITS = 43.7e6 * 8  # a ResNet-18 in float32, which is not the paper's model: its size is not printed


def replay() -> Replay:
    """Constants, shares, concurrency, compression, the server, totals, and the network term by nine coefficients."""
    printed = {row["metric"]: cell(row, "value") for row in rows("green_fl")}
    tables = (
        Table("Constants of the accounting (4.1-4.3)", _inputs("constant")),
        Table("Shares of the carbon (5.1)", (*_inputs("share", "client + communication share"), *_shares(printed))),
        Table("Concurrency (5.3)", (*_inputs("concurrency"), *_concurrency(printed))),
        Table("Compression (6)", _compression(printed)),
        Table("Server (4.2, 5.1)", (*_inputs("time"), *_server(printed))),
        Table("Totals (1) and figures", (*_inputs("task"), *_inputs("figure"), *_totals(printed))),
        Table("Before it: Wu et al. 2022", (*_inputs("earlier"), *_earlier(printed))),
        Table("Network term by others' coefficients, 43.7 MB each way", _network()),
    )
    return Replay("green-fl", PAPER, FORMULA, tables, _factors(printed))


def _inputs(table: str, *but: str) -> tuple[Cell, ...]:
    """The printed figures of one part of the paper; blank ones are the constants that it does not print."""
    found = []
    for row in rows("green_fl"):
        if row["table"] == table and row["metric"] not in but:
            value = cell(row, "value")
            where = row["section"] if row["section"].startswith("Fig") else f"section {row['section']}"
            found.append(Cell(row["metric"], where, row["unit"], value, None, note=_NOTES.get(row["metric"])))
    return tuple(found)


_NOTES = {
    "server carbon intensity": "fl_intensity",
    "E_a Wi-Fi access point": "fl_per_bit",
    "slope k": "fl_figure",
    "bar heights SyncFL, AsyncFL": "fl_figure",
    "time per concurrency": "fl_figure",
}


def _shares(printed: dict[str, float | None]) -> tuple[Cell, ...]:
    both = _at(printed, "client + communication share")
    ends = ("low", "high")
    up, down, server, client = (
        [_at(printed, f"{name} share, {end}") for end in ends]
        for name in ("upload", "download", "server", "client compute")
    )
    row = "client + communication"
    return (
        Cell(row, "share, 100 less the highest of the server", "%", both, 100 - server[1], _WHOLE_PERCENT),
        Cell(row, "share, 100 less the lowest of the server", "%", both, 100 - server[0], _WHOLE_PERCENT, "fl_97"),
        Cell("communication", "share, low", "%", None, up[0] + down[0]),
        Cell("communication", "share, high", "%", None, up[1] + down[1]),
        Cell("all parts", "sum of the lowest", "%", None, up[0] + down[0] + server[0] + client[0]),
        Cell("all parts", "sum of the highest", "%", None, up[1] + down[1] + server[1] + client[1]),
    )


def _concurrency(printed: dict[str, float | None]) -> tuple[Cell, ...]:
    """CO2e = k x hours x concurrency: ten times the concurrency in 1 / 1.5 to 1 / 2 of the time."""
    return tuple(
        Cell("10 x concurrency", f"CO2e, where the time falls {end} times", "1", None, 10 / saved, note="fl_predictor")
        for end, saved in (
            ("2", _at(printed, "time saved by 10x concurrency, high")),
            ("1.5", _at(printed, "time saved by 10x concurrency, low")),
        )
    )


def _compression(printed: dict[str, float | None]) -> tuple[Cell, ...]:
    """Four bytes become one in the share that is communication: 1 / (1 - s + s / 4)."""
    share = _at(printed, "communication share in some settings") / 100
    saving = 1 / (1 - share + share / 4)
    return (
        Cell("communication share in some settings", "up to", "%", share * 100, None),
        Cell("int8 for float32", "times less CO2e", "1", _at(printed, "saving from int8 at 60% share"), saving, EXACT),
    )


def _server(printed: dict[str, float | None]) -> tuple[Cell, ...]:
    watts = _at(printed, "aggregator power at 1% utilisation") + _at(printed, "selector power")
    hours = _at(printed, "AsyncFL time to target, concurrency 1000, goal 1000")
    used = footprint_of(watts * hours / 1000.0, 0.0, _at(printed, "PUE"))
    return (
        Cell("one aggregator, one selector", "power with PUE", "W", None, watts * _at(printed, "PUE"), note="fl_one"),
        Cell("one aggregator, one selector", "energy to the target", "kWh", None, used.energy.value, note="fl_one"),
        Cell("one aggregator, one selector", "CO2e to the target", "kg", None, None, note="fl_intensity"),
        *(
            Cell(
                "one aggregator, one selector",
                f"power of each of 1,000 clients at work for a server share of {share:g} %, one grid",
                "W",
                None,
                watts * _at(printed, "PUE") * (100 / share - 1) / 1000,
                note="fl_server",
            )
            for share in (_at(printed, "server share, low"), _at(printed, "server share, high"))
        ),
    )


def _totals(printed: dict[str, float | None]) -> tuple[Cell, ...]:
    before = _at(printed, "earlier estimate for an FL task (Wu et al. 2022)")
    return tuple(
        Cell("earlier estimate over this one", f"one task, {end}", "1", None, before / _at(printed, f"one task, {end}"))
        for end in ("high", "low")
    )


def _earlier(printed: dict[str, float | None]) -> tuple[Cell, ...]:
    made = _at(printed, "embodied share of client devices") / 100
    return (Cell("client devices", "embodied over operational", "1", None, made / (1 - made)),)


def _network() -> tuple[Cell, ...]:
    joules = {model.name: (model.up_j_per_bit + model.down_j_per_bit) * _MODEL_BITS for model in MODELS}
    cells = [Cell(name, "energy of a round trip", "J", None, value, ROUNDED) for name, value in joules.items()]
    spread = max(joules.values()) / min(joules.values())
    return (*cells, Cell("most over least", "energy of a round trip", "1", None, spread, note="fl_coefficients"))


def _factors(printed: dict[str, float | None]) -> tuple[Factor, ...]:
    def factor(name: str, metric: str, unit: str) -> Factor:
        value = _at(printed, metric)
        return Factor(f"{name}, Yousefpour 2023", value, value, value, unit, "arXiv 2303.14604", 2023)

    return (
        factor("aggregator power", "aggregator power at 1% utilisation", "W"),
        factor("selector power", "selector power", "W"),
        factor("PUE", "PUE", "1"),
    )


def _at(printed: dict[str, float | None], metric: str) -> float:
    value = printed[metric]
    assert value is not None, metric
    return value
