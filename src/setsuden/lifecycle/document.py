"""The balance sheet as plain data, schema ``lifecycle``."""

from __future__ import annotations

from typing import Any

from setsuden.decision import BreakEven
from setsuden.lifecycle.answer import Answer, Sheet, Turning
from setsuden.lifecycle.federation import Comparison
from setsuden.lifecycle.levers import Lever
from setsuden.lifecycle.plan import Plan
from setsuden.quantity import merged_factors


def document(answer: Answer) -> dict[str, Any]:
    """Everything about one life, both views of the network under ``views``."""
    plan = answer.plan
    figures = [figure for view in answer.plans.values() for figure in view.inputs.values()]
    return {
        "schema": "setsuden:lifecycle",
        "name": plan.name,
        "months": plan.months,
        "requests": plan.requests.to_json(),
        "workload": plan.workload,
        "views": {view: _sheet(answer.plans[view], sheet) for view, sheet in answer.sheets.items()},
        "alternatives": [_turning(item) for item in answer.turnings],
        "federated": [_federated(item) for item in answer.federated],
        "factors": [factor.to_json() for factor in merged_factors(*(figure.factors for figure in figures))],
        "draws": answer.draws,
        "seed": answer.seed,
    }


def _intensity(plan: Plan, name: str) -> dict[str, Any] | None:
    """The grid that prices a stage; None for making the hardware."""
    grid = next(stage.grid for stage in plan.stages if stage.name == name)
    return None if grid is None else plan.inputs[grid].to_json()


def _federated(item: Comparison) -> dict[str, Any]:
    return {
        "view": item.view,
        "central_kwh": item.central.to_json(),
        "federated_kwh": item.federated.to_json(),
        "central_carbon_kg": item.central_carbon.to_json(),
        "federated_carbon_kg": item.federated_carbon.to_json(),
        "probability": item.probability,
        "break_even": [
            {
                "factor": name,
                "federated_takes_less": point.verdict,
                "value": point.n,
                "low": point.low,
                "high": point.high,
            }
            for name, point in item.points.items()
        ],
    }


def _sheet(plan: Plan, sheet: Sheet) -> dict[str, Any]:
    return {
        "stages": [
            {
                "name": name,
                "energy_kwh": sheet.energy[name].to_json() if name in sheet.energy else None,
                "intensity_g_per_kwh": _intensity(plan, name),
                "carbon_kg": carbon.to_json(),
                "share": carbon.value / sheet.total_carbon.value if sheet.total_carbon.value else None,
            }
            for name, carbon in sheet.carbon.items()
        ],
        "total_energy_kwh": sheet.total_energy.to_json(),
        "total_carbon_kg": sheet.total_carbon.to_json(),
        "dominating": {"stage": sheet.dominating, "probability": sheet.probability},
        "parity": None if sheet.parity is None else _point(sheet.parity),
        "tornado": [{"name": bar.name, "at_low_kg": bar.at_low, "at_high_kg": bar.at_high} for bar in sheet.bars],
        "variance": [{"name": item.name, "alone": item.alone, "total": item.total} for item in sheet.shares],
        "levers": [_lever(item) for item in sheet.levers],
        "levers_together_kg": sheet.together_g / 1e3,
    }


def _point(point: BreakEven) -> dict[str, float | None]:
    return {"requests": point.n, "low": point.low, "high": point.high}


def _lever(item: Lever) -> dict[str, Any]:
    return {
        "id": item.id,
        "technique": item.technique,
        "cluster": item.cluster,
        "stages": list(item.stages),
        "saved_share": {"value": item.saved, "low": item.saved_low, "high": item.saved_high},
        "saving_kg": {"value": item.saving_g / 1e3, "low": item.low_g / 1e3, "high": item.high_g / 1e3},
        "exclusive": item.exclusive,
        "centre": item.centre,
        "condition": item.condition,
        "side_effect": item.side_effect,
        "source": item.source,
    }


def _turning(item: Turning) -> dict[str, Any]:
    return {
        "alternative": item.alternative,
        "view": item.view,
        "plan_takes_less": item.verdict,
        "requests": item.requests,
        "low": item.low,
        "high": item.high,
        "saving_kwh": item.saving.to_json(),
        "probability": item.probability,
    }
