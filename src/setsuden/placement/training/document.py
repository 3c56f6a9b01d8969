"""The answer as plain data, schema ``place-training``."""

from __future__ import annotations

from typing import Any

from setsuden.placement.training.outcome import WORTH, Answer, Outcome


def document(answer: Answer) -> dict[str, Any]:
    """Every site and way to use the time, and the best of each kind."""
    job = answer.job
    return {
        "schema": "setsuden:place-training",
        "name": job.name,
        "job": {
            "power_kw": job.power_kw,
            "hours": job.hours,
            "deadline_hours": job.deadline_hours,
            "slack_hours": job.deadline_hours - job.hours,
            "checkpoint_kwh": job.checkpoint_kwh,
            "data_gb": job.data_gb,
            "marginal_throughput": list(job.marginal),
            "month": job.month,
            "utc_hour": job.utc_hour,
            "forecast_error": job.forecast_error,
            "currency": job.currency,
            "home": job.home.name,
        },
        "outcomes": [_outcome(item) for item in answer.outcomes],
        "best": _key(answer.best),
        "best_region": _key(answer.best_region),
        "best_wait": _key(answer.best_wait),
        "small_below": WORTH,
        "bases": list(answer.bases),
        "sources": list(dict.fromkeys(str(site.signal.zone.source) for site in (job.home, *job.sites))),
        "worlds": answer.worlds,
        "seed": answer.seed,
    }


def _key(item: Outcome) -> dict[str, str]:
    return {"site": item.site, "strategy": item.strategy}


def _outcome(item: Outcome) -> dict[str, Any]:
    return {
        "site": item.site,
        "strategy": item.strategy,
        "carbon_kg": item.carbon.to_json(),
        "saving_share": item.saving.to_json(),
        "worse_share": item.worse,
        "wait_hours": item.wait_h,
        "pauses": item.pauses,
        "energy_kwh": item.energy_kwh,
        "cost": item.cost,
        "moving_g": {"attribution": item.moving_average_g, "marginal": item.moving_marginal_g},
    }
