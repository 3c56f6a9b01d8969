"""The answer as plain data, schema ``place-training``."""

from __future__ import annotations

from typing import Any

from setsuden.placement.training.outcome import WORTH, Answer, Outcome
from setsuden.quantity import merged_factors


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
            "forecast_error": None if job.recorded else job.forecast_error,
            "forecast": job.forecast if job.recorded else None,
            "move_hours": job.move_hours,
            "currency": job.currency,
            "home": job.home.name,
        },
        "outcomes": [_outcome(item) for item in answer.outcomes],
        "best": _key(answer.best),
        "best_region": _key(answer.best_region),
        "best_wait": _key(answer.best_wait),
        "small_below": WORTH,
        "bases": list(answer.bases),
        "sources": list(dict.fromkeys(site.source for site in (job.home, *job.sites))),
        "left_out": list(answer.left_out),
        "replay": _replay(answer),
        "forecasts": [
            {
                "site": score.site,
                "method": score.method,
                "error_share": score.error,
                "bias_share": score.bias,
                "saving_share": dict(score.saving),
            }
            for score in answer.scores
        ],
        "factors": [factor.to_json() for factor in merged_factors(job.factors)],
        "worlds": answer.worlds,
        "seed": answer.seed,
    }


def _replay(answer: Answer) -> dict[str, Any] | None:
    """Which hours were replayed, and what was missing; None for drawn worlds."""
    replay = answer.replay
    if replay is None:
        return None
    places = (answer.job.home, *answer.job.sites)
    return {
        "starts": len(replay.starts),
        "first": replay.first,
        "last": replay.last,
        "skipped": replay.skipped,
        "gaps": [
            {"site": site.name, "from": at, "hours": hours}
            for site in places
            if site.series is not None
            for at, hours in site.series.gaps()
        ],
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
