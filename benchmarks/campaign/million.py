"""How long a campaign of a million, and of ten million, trials takes one by one, and how much memory.

    python benchmarks/campaign/million.py [--trials 1000000]

Each trial has its own energy, may fail and be done again, may be stopped early, and has a quality; then total, waste
and the marginal cost of quality are worked out. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import resource
import time

from setsuden.footprint.campaign import Quality, Stage, campaign, simulate
from setsuden.quantity import NODE, Estimate, Provenance


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=1_000_000)
    trials = parser.parse_args().trials
    stage = Stage(
        "search",
        Estimate.relative(1.5, 0.1, "kWh", Provenance.ESTIMATED, NODE),
        trials=trials,
        spread=0.5,
        stopped_share=0.6,
        stopped_at=0.2,
        failed_share=0.05,
        rerun_failed=True,
        quality=Quality(80.0, 2.0),
    )
    start = time.perf_counter()
    made = simulate(stage)
    waste, per_point = made.waste_share(), made.joules_per_point()
    simulated_s = time.perf_counter() - start
    start = time.perf_counter()
    answer = campaign("benchmark", [stage])
    closed_s = time.perf_counter() - start
    print(
        json.dumps(
            {
                "trials": trials,
                "one_by_one_s": round(simulated_s, 3),
                "closed_form_s": round(closed_s, 3),
                "total_kwh_one_by_one": round(made.total_j / 3.6e6, 1),
                "total_kwh_closed_form": round(answer.energy.value, 1),
                "waste_share": waste,
                "joules_per_point": per_point,
                "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            }
        )
    )


if __name__ == "__main__":
    main()
