"""Studies of federated learning whose tables are not at hand: what is printed about them, what follows, what is blank.

Qiu et al. (arXiv 2102.07627) and Savazzi et al. (arXiv 2103.10346, 2206.10380): the cells and constants of their tables
are not available here and stay blank until someone copies them from the papers.
"""

from __future__ import annotations

from setsuden.papers.cell import Cell, Replay, Table
from setsuden.papers.published import cell, rows
from setsuden.quantity import Factor

QIU = "Qiu et al. 2023, A first look into the carbon footprint of federated learning (arXiv 2102.07627)"
QIU_FORM = (
    "as restated by others: J = P_device t_compute + S (1/D + 1/U) (P_router [+ P_client]); CO2e = J x intensity of "
    "the client's country; centralised = PUE x P x t x intensity"
)
SAVAZZI = "Savazzi et al. 2021 and 2022, Barbieri et al. 2023 (arXiv 2103.10346, 2206.10380, 2310.08087)"
SAVAZZI_FORM = "not known here; the abstracts give the efficiency of links, joules = bits over bits per joule"
_ROUTER_W = 7.5
_EXAMPLE_BYTES = 43.7e6
_NOTES = {"grid": "fl_table", "constant": "fl_blank", "group": "fl_group"}


def _cells(table: str, part: str) -> tuple[Cell, ...]:
    """Every row of one part as printed; a blank cell is one that is not available."""
    return tuple(
        Cell(row["row"], row["quantity"], row["unit"], value, None, note=_NOTES.get(part) if value is None else None)
        for row in rows(table)
        if row["table"] == part and row["status"] != "derived"
        for value in (cell(row, "value"),)
    )


def qiu() -> Replay:
    """The study's cells and constants, all blank; the form as others restate it; the same group's model size."""
    (count,) = [cell(row, "value") for row in rows("qiu2023") if row["quantity"] == "parameters"]
    assert count is not None
    size = (
        Cell("ResNet-18", "size of its float32 parameters, 10^6 bytes", "MB", 43.7, count * 4 / 1e6, note="fl_size"),
        Cell("ResNet-18", "size of its float32 parameters, 2^20 bytes", "MiB", 43.7, count * 4 / 2**20, note="fl_size"),
    )
    tables = (
        Table("CO2e to the target accuracy", _cells("qiu2023", "grid")),
        Table("Constants", _cells("qiu2023", "constant")),
        Table("Share of communication, as quoted", (*_cells("qiu2023", "claim"), *_communication())),
        Table("Constants of the form where others restate it", _cells("qiu2023", "restated")),
        Table("Convention of the same group (ZeroFL, not the carbon study)", (*_cells("qiu2023", "group"), *size)),
    )
    router = Factor("router power, Wu 2022", _ROUTER_W, _ROUTER_W, _ROUTER_W, "W", "Wu et al. 2022, appendix B", 2022)
    return Replay("qiu-2023", QIU, QIU_FORM, tables, (router,))


def _communication() -> tuple[Cell, ...]:
    """Joules of compute a client-round must have for the quoted ends, by the restated form at assumed rates."""
    transfer = _EXAMPLE_BYTES * 8 / 1e6 * (1 / 50 + 1 / 20) * _ROUTER_W
    return tuple(
        Cell(
            "ResNet-18 at 50 and 20 Mbit/s behind a 7.5 W router",
            f"compute per client-round at a communication share of {share:g} %",
            "J",
            None,
            transfer * (100 / share - 1),
            note="fl_assumed",
        )
        for share in (0.7, 96.0)
    )


def savazzi() -> Replay:
    """The abstracts' link efficiencies as J/bit and per round trip; every constant and table blank."""
    efficiencies = [row for row in rows("savazzi2021") if row["unit"] == "kbit/J"]
    derived = []
    for row in efficiencies:
        value = cell(row, "value")
        assert value is not None
        name = f"{row['row']} ({row['quantity']})"
        per_bit = 1e-3 / value
        derived.append(Cell(name, "energy of a bit", "J/bit", None, per_bit))
        derived.append(
            Cell(name, "round trip of a ResNet-18", "J", None, 2 * 8 * _EXAMPLE_BYTES * per_bit, note="fl_coefficients")
        )
    mesh, prefer = (cell(row, "value") for row in (efficiencies[1], efficiencies[2]))
    assert mesh is not None
    assert prefer is not None
    apart = Cell("mesh of 2103.10346 over bound of 2310.08087", "efficiency", "1", None, mesh / prefer, note="fl_links")
    tables = (
        Table("Abstracts", _cells("savazzi2021", "claim")),
        Table("Link efficiencies as energy", (*derived, apart)),
        Table("Constants and tables", _cells("savazzi2021", "constant")),
    )
    return Replay("savazzi-2021", SAVAZZI, SAVAZZI_FORM, tables, ())
