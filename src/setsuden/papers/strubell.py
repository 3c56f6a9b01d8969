"""Strubell, Ganesh, McCallum 2019, arXiv 1906.02243: Tables 1, 3 and 4."""

from __future__ import annotations

from setsuden.papers.cell import EXACT, ROUNDED, Cell, Replay, Table
from setsuden.papers.published import LB_PER_KG, cell, factor, footprint_of, listed, rows

PAPER = "Strubell et al. 2019, Energy and Policy Considerations for Deep Learning in NLP (arXiv 1906.02243)"
FORMULA = "kWh = 1.58 x hours x watts / 1000; lb CO2e = 0.954 x kWh"


def replay() -> Replay:
    """Energy, pounds of CO2e and the equivalents, cell by cell."""
    grid = factor("strubell2019:grid_us_2018", "lbCO2e/kWh")
    pue = factor("strubell2019:pue", "1")
    price = factor("strubell2019:electricity_price", "USD/kWh")
    kg_per_kwh = grid.value / LB_PER_KG
    third = rows("strubell2019_table3")
    computed = {
        (row["model"], row["hardware"]): footprint_of(
            float(row["power_w"]) * float(row["hours"]) / 1000.0, kg_per_kwh, pue.value
        )
        for row in third
        if row["power_w"]
    }
    pounds = {key: value.operational_carbon.to("lbCO2e").value for key, value in computed.items()}

    table3 = []
    for row in third:
        key = (row["model"], row["hardware"])
        name = f"{row['model'].replace('_', ' ')}, {row['hardware']}"
        kwh, lb = cell(row, "kwh_pue"), cell(row, "lb_co2e")
        tolerance = ROUNDED if kwh is not None and kwh < 100 else EXACT
        known = computed.get(key)
        note = {"BERT_base": "bert_hours"}.get(row["model"]) if known else "no_watts"
        table3 += [
            Cell(name, "energy x PUE", "kWh", kwh, known.energy.value if known else None, tolerance, note),
            Cell(name, "CO2e", "lb", lb, pounds.get(key), tolerance, None if known else "no_watts"),
        ]

    table4, derived_lb = [], {}
    for row in rows("strubell2019_table4"):
        usd = float(row["electricity_usd"])
        kwh4 = usd / price.value
        derived_lb[row["models"]] = kwh4 * grid.value
        name = f"{int(row['models']):,} trained"
        table4 += [
            Cell(name, "electricity", "USD", usd, None),
            Cell(name, "energy implied", "kWh", None, kwh4, note="price_inferred"),
            Cell(name, "watts implied per job, before PUE", "W", None, kwh4 * 1000 / float(row["hours"]) / pue.value),
        ]
    days = float(rows("strubell2019_table4")[-1]["hours"]) / 24
    table4.append(Cell("4,789 trained", "GPU days", "d", 9998, days, EXACT))

    table1 = []
    transformer, search = pounds["Transformer_big", "P100x8"], pounds["NAS", "P100x8"]
    derivable = {
        "Transformer (big)": (transformer, None),
        "Transformer (big) w/ neural architecture search": (search, "search_corrected"),
        "NLP pipeline (parsing, SRL), one model": (derived_lb["1"], "pipeline_derived"),
        "NLP pipeline w/ tuning and experiments": (derived_lb["4789"], "pipeline_derived"),
    }
    for row in rows("strubell2019_table1"):
        value, note = derivable.get(row["item"], (None, None))
        table1.append(Cell(row["item"], "CO2e", "lb", cell(row, "lb_co2e"), value, EXACT, note))
    table1.append(Cell("Architecture search", "cars over a lifetime", "1", 5, search / 126_000, ROUNDED, "five_cars"))

    return Replay(
        "strubell-2019",
        PAPER,
        FORMULA,
        (Table("Table 1", tuple(table1)), Table("Table 3", tuple(table3)), Table("Table 4", tuple(table4))),
        listed((grid, pue, price)),
    )
