"""Which raw file becomes which table of the catalogue, column by column, and what was looked for and not found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from catalogue_sources import Row, slug


@dataclass(frozen=True)
class Plan:
    """How one raw file becomes one table: id, columns (new -> raw), what is dropped because it is derivable."""

    raw: str
    table: str
    id_of: Callable[[Row], str]
    renamed: dict[str, str] = field(default_factory=dict)  # raw -> new
    dropped: frozenset[str] = frozenset()
    keep: Callable[[Row], bool] = lambda row: True


def _by(column: str) -> Callable[[Row], str]:
    return lambda row: row[column]


def _edge_id(row: Row) -> str:
    return row["id"] + ("-plus" if row["name"].endswith("+") else "")


def _fix_pue(row: Row) -> str:
    return ":".join((row["provider"], slug(row["region"]) or "all", row["year"] or "any"))


PLANS = (
    Plan(
        "grid_carbon_intensity.csv",
        "grid",
        _by("region_id"),
        {"gco2e_per_kwh": "intensity_g_per_kwh", "region_type": "kind"},
        frozenset({"region_id"}),
    ),
    Plan(
        "grid_carbon_intensity_history.csv",
        "grid_history",
        lambda row: f"{row['region_id']}:{row['year']}",
        {"gco2e_per_kwh": "intensity_g_per_kwh", "region_id": "region"},
        frozenset({"region_type", "iso2", "iso3", "name"}),
    ),
    Plan(
        "cloud_region_carbon.csv",
        "cloud_regions",
        lambda row: f"{row['provider']}:{row['region']}",
        {"gco2e_per_kwh": "intensity_g_per_kwh", "ci_year": "year", "ci_basis": "basis", "em_zone_id": "zone"},
    ),
    Plan(
        "emission_factors_by_source.csv",
        "energy_sources",
        lambda row: f"{row['set']}:{row['energy_source']}",
        {"gco2e_per_kwh": "intensity_g_per_kwh", "set": "factor_set"},
    ),
    Plan(
        "electricity_prices.csv",
        "prices",
        lambda row: f"{row['region_id']}:{row['sector']}:{row['period']}",
        {"region_id": "region", "region_type": "kind"},
    ),
    Plan(
        "equivalences.csv",
        "equivalences",
        _by("equivalence_id"),
        {"kgco2e": "carbon_kg", "kwh": "energy_kwh"},
        frozenset({"equivalence_id"}),
    ),
    Plan("paper_factors.csv", "paper_factors", lambda row: f"{row['paper']}:{row['factor']}"),
    Plan("processors.csv", "processors", _by("id"), {"class": "kind"}),
    Plan("edge_devices.csv", "edge_devices", _edge_id, {"class": "kind"}),
    Plan(
        "measured_inference.csv",
        "measured_inference",
        _by("id"),
        {"unit": "per_unit", "n_accel": "accelerator_count"},
    ),
    Plan("network_energy.csv", "network_energy", _by("id")),
    Plan(
        "network_speeds.csv",
        "network_speeds",
        lambda row: f"{row['iso2'] or 'world'}:{row['technology']}",
    ),
    Plan("pue.csv", "pue", _fix_pue, {"pue": "ratio"}),
    Plan("wue.csv", "wue", _fix_pue, {"wue_l_per_kwh": "l_per_kwh"}),
    Plan("embodied.csv", "embodied", _by("id")),
    Plan("memory_storage_power.csv", "memory_storage", _by("id")),
    Plan(
        "vcpu_power.csv",
        "vcpu_power",
        lambda row: f"{row['provider']}:{slug(row['microarchitecture'])}",
        {"min_w_per_vcpu": "idle_w", "max_w_per_vcpu": "max_w", "gb_per_chip": "memory_gb_per_chip"},
    ),
    Plan("cpu_power_curves.csv", "cpu_power_curves", _by("id"), {"n": "systems"}),
    Plan("effect_sizes.csv", "effect_sizes", _by("id")),
)

OWN_PLANS = (Plan("network_models.csv", "network_models", _by("id")),)

PACK_PLANS = (
    Plan(
        "grid_carbon_intensity_odbl.csv",
        "grid_zones",
        lambda row: f"{row['zone_id']}:{row['year']}",
        {"zone_id": "zone", "gco2e_per_kwh": "intensity_g_per_kwh", "renewable_pct": "renewable_percent"}
        | {"carbon_free_pct": "carbon_free_percent"},
    ),
    Plan(
        "embodied_odbl.csv",
        "embodied_products",
        lambda row: slug(f"{row['manufacturer']} {row['name']} {row['report_year']}"),
        {"subcategory": "kind", "gwp_total_kg": "total_kg"},
    ),
)

# What was looked for and not found, as one row each: id, what, what to do instead.
GAPS = (
    (
        "grid-codes",
        "annual grid intensity of the ISO codes AI AX AD AQ TF BQ BL BV CC CW CX FM GG HM IM IO JE LI MF MC MH MP YT "
        "NF NU PN PW GS SJ SM SX TK TV UM VA WF",
        "give --intensity",
    ),
    (
        "qiu-grid-factors",
        "grid factors of the federated-learning tables for France, USA and China",
        "replay with a substitute, labelled",
    ),
    ("egrid-2023", "eGRID2023 tables in full", "eGRID2022 is the edition here"),
    (
        "japan-utilities",
        "official list of Japanese utility factors by fiscal year",
        "type the factor of your contract with --intensity",
    ),
    (
        "hourly-asia",
        "open hourly intensity for Japan, India and China",
        "annual average, or your own profile as an override file",
    ),
    ("marginal-factors", "marginal grid factors under an open licence", "average factors only"),
    ("prices-asia", "open electricity prices for Japan, China and India", "type a price with --price and --currency"),
    ("training-4m", "reduction per M (model, machine, mechanisation, map) in Patterson 2022", "left out"),
    ("embodied-split", "embodied split of the study by Wu et al.", "left out"),
    (
        "sbc-footprints",
        "product footprints of Jetson and Raspberry Pi boards",
        "blank; the estimates in the embodied table are ours",
    ),
)


def table_names() -> dict[str, str]:
    """Raw file -> table, also for the two files that a function converts."""
    names = {plan.raw: plan.table for plan in (*PLANS, *OWN_PLANS, *PACK_PLANS)}
    return names | {"grid_hourly_profile.csv": "hourly", "uncertainty_defaults.csv": "uncertainty"}
