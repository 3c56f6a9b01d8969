"""How long it takes to price the trace of a federation again, by form and by the size of the trace.

    python benchmarks/federated/price.py [--repeats 7] [--write FILE.json]

CPU milliseconds of one process, the median of interleaved repeats. Traces are drawn, not trained; the fleet has 240
groups in 40 countries with their own hours.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
from simulate import fleet, workload

from setsuden.federated.price import price
from setsuden.federated.simulate import Synchronous, drawn_trace

FORMS = {
    "setsuden, attribution": ("setsuden", {"network": "attribution"}),
    "setsuden, nebula": ("setsuden", {"network": "nebula"}),
    "qiu2023": ("qiu2023", {"variant": "wu", "router_w": 7.5}),
    "greenfl2023": ("greenfl2023", {"network_j_per_bit": 1e-7, "server_g_per_kwh": 300.0}),
}
SIZES = {"50 x 20": (50, 20, 50), "1,000 x 100 of 100": (1000, 100, 100), "10,000 x 500 of 1,000": (10_000, 500, 1000)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--write", type=Path)
    args = parser.parse_args()
    rows = []
    for size, (clients, rounds, cohort) in SIZES.items():
        on = fleet(0.5, 1, clients)
        asked = 1.0 if cohort == clients else 1.3
        schedule = Synchronous(rounds=rounds, cohort=cohort, over_selection=asked, timeout_s=900, waiting=True)
        trace = drawn_trace(on, workload(on, 0.5, False), schedule)
        taken: dict[tuple[str, str], list[float]] = {}
        for _ in range(args.repeats):
            for form, (name, terms) in FORMS.items():
                for clock in ("trace", "fleet"):
                    start = time.process_time()
                    price(trace, on, name, clock=clock, **terms)
                    taken.setdefault((form, clock), []).append(time.process_time() - start)
        for (form, clock), seconds in taken.items():
            row = {
                "trace": size,
                "rows": len(trace.turns.round) + len(trace.sends.round),
                "form": form,
                "clock": clock,
                "cpu_ms": 1e3 * float(np.median(seconds)),
            }
            rows.append(row)
            print(f"{size:24} {row['rows']:>9,} rows  {form:24} {clock:6} {row['cpu_ms']:8.1f} ms", flush=True)
    if args.write:
        document = {"load_average": os.getloadavg()[0], "rows": rows}
        args.write.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
