"""Patterson et al. 2021, arXiv 2104.10350: Table 4, and the correction of the architecture search (Appendices C, D)."""

from __future__ import annotations

from setsuden.papers.cell import EXACT, ROUNDED, Cell, Replay, Table
from setsuden.papers.published import LB_PER_KG, factor, footprint_of, listed, rows

PAPER = "Patterson et al. 2021, Carbon Emissions and Large Neural Network Training (arXiv 2104.10350v3)"
FORMULA = "kWh = hours x processors x average watts x PUE / 1000; t CO2e = kWh x kg per kWh / 1000"
_SEARCH_STEPS = 979e6


def replay() -> Replay:
    """Energy, gross and net carbon of six models."""
    cells = []
    for row in rows("patterson2021_table4"):
        kwh = float(row["avg_w"]) * float(row["chips"]) * float(row["days"]) * 24 / 1000
        gross = footprint_of(kwh, float(row["gross_kg_per_kwh"]), float(row["pue"]))
        net = footprint_of(kwh, float(row["net_kg_per_kwh"]), float(row["pue"]))
        name = row["model"].replace("_", " ")
        bought = "net" if row["net_kg_per_kwh"] != row["gross_kg_per_kwh"] else None
        # Days and tonnes are printed with two or three digits, so every cell is a rounded one.
        cells += [
            Cell(name, "energy", "MWh", float(row["mwh"]), gross.energy.to("MWh").value, ROUNDED, _NOTES.get(name)),
            Cell(name, "gross CO2e", "t", float(row["gross_t"]), gross.operational_carbon.to("tCO2e").value, ROUNDED),
            Cell(name, "net CO2e", "t", float(row["net_t"]), net.operational_carbon.to("tCO2e").value, ROUNDED, bought),
        ]
    return Replay("patterson-2021", PAPER, FORMULA, (Table("Table 4", tuple(cells)),), ())


_NOTES = {"EvolvedTransformer NAS": "nas_site", "GPT-3": "gpt3_chips"}


def correction() -> Replay:
    """From five cars to 0.06 of one: the same search, estimated afterwards and as it was really run."""
    rate = factor("patterson2021:strubell_lb_per_p100_hour", "lbCO2e/h")
    us = factor("strubell2019:grid_us_2018", "lbCO2e/kWh")
    estimated = 8 * _SEARCH_STEPS * 84 / 300_000 * rate.value
    proxy = _SEARCH_STEPS * 12 / 100_000 * rate.value
    actual = footprint_of(6.8 * 24 * 200 * 208 / 1000, 0.431, 1.10).operational_carbon.to("lbCO2e").value
    first = "Strubell 2019: 8 chips, full task, US average"
    second = "proxy task as really run, P100, US average"
    third = "as run: TPU v2, Georgia"
    cells = (
        Cell(first, "CO2e", "lb", 626_155, estimated, EXACT),
        Cell(first, "CO2e", "t", 284, estimated / LB_PER_KG / 1000, EXACT),
        Cell(second, "CO2e", "lb", 33_544, proxy, EXACT),
        Cell(second, "CO2e", "t", 15.2, proxy / LB_PER_KG / 1000, EXACT),
        Cell(second, "times less", "1", 18.7, estimated / proxy, EXACT),
        Cell(third, "CO2e", "lb", 7_096, actual, EXACT),
        Cell(third, "CO2e", "t", 3.2, actual / LB_PER_KG / 1000, ROUNDED),
        Cell(third, "times less", "1", 88, estimated / actual, ROUNDED),
        Cell(third, "cars over a lifetime", "1", None, actual / 126_000),
        Cell("TPU v2 in Iowa, net", "CO2e", "t", 0.6, None, note="text_only"),
        Cell("TPU v2 in Iowa, net", "times less", "1", 476, estimated / LB_PER_KG / 1000 / 0.6, ROUNDED, "text_only"),
        Cell("US grid 2018, Appendix D", "intensity", "kg/kWh", 0.423, us.value / LB_PER_KG, EXACT, "slip"),
    )
    formula = "chips x steps x hours per step x lb per chip-hour; " + FORMULA
    return Replay("nas-correction", PAPER, formula, (Table("Appendices C and D", cells),), listed((rate, us)))
