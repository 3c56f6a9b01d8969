"""The forecast from 2 % of a run after warm-up against the first epoch times epochs, on ten trainings.

    python benchmarks/predict/early.py [--seconds 50] [--traces FOLDER] [--out benchmarks/predict/early.json]
    python benchmarks/predict/early.py --only small-cnn-64-adamw --seconds 3600 --out FILE     one training of an hour

Without --traces, ten trainings run to their end first (``trainings.py``, set ``judged``), after two short ones that are
not judged: what a ledger knows of this machine's speed is what the trainings before left there. Each forecast is made
twice, with that knowledge and on a machine never seen before. All are read off
the recorded steps: wall clock, and CPU seconds of the process, which is what a utilisation model of a processor turns
into joules. Beside them stand the second epoch times epochs, which has no start-up in it, and the floor: the error that
the plain mean of an equally long stretch anywhere in the run makes, in the median over its places. No method that only
looks at the steps can be expected to do much better.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from trainings import EARLIER, EARLIER_S, JUDGED, SETS, Trace, Training, record

from setsuden.predict.earlier import NOTHING, Earlier
from setsuden.predict.early import EarlyForecast
from setsuden.predict.speed import RUNS, SHORTEST_S, Speeds, Usual

Floats = npt.NDArray[np.float64]
SHARE = 0.02
LATER = (0.05, 0.1, 0.25, 0.5, 0.75)
MEASURES = ("time", "cpu")


def judged(trace: Trace, earlier: Earlier) -> dict[str, Any]:
    """Errors of all forecasts of one run, as shares of what came out.

    earlier   what the trainings before have left
    """
    known, new = (
        EarlyForecast(trace.steps_total, steps_per_epoch=trace.per_epoch, earlier=e) for e in (earlier, NOTHING)
    )
    usual = earlier.speed
    total = trace.steps_total
    found: dict[str, Any] = {
        "training": trace.label, "steps": total, "epochs": trace.epochs, "seconds": round(float(trace.wall_s[-1]), 2),
        "load_average": trace.load, "cpu_share": round(float(trace.cpu_s[-1] / trace.wall_s[-1]), 3),
        "speed_share": None if usual is None or trace.speed is None else round(trace.speed / usual.per_s, 4),
    }  # fmt: skip
    truths = {"time": float(trace.wall_s[-1]), "cpu": float(trace.cpu_s[-1])}
    waiting = [SHARE, *LATER]
    both = (tell(forecast, trace, trace.wall_s, trace.cpu_s) for forecast in (known, new))
    for step, _ in zip(*both, strict=True):
        if not (waiting and known.ready and step >= waiting[0] * total):
            continue
        if waiting[0] == SHARE and step - known.warm_up_steps < SHARE * total:
            continue
        at = f"at_{waiting.pop(0):g}"
        found[at] = {
            "share": round(step / total, 4),
            "warm_up_steps": known.warm_up_steps,
            **_errors(known, truths),
            "machine_never_seen": _errors(new, truths),
        }
    first, second = (int(np.searchsorted(trace.steps, epochs * trace.per_epoch, side="right")) - 1 for epochs in (1, 2))
    for name, readings in (("time", trace.wall_s), ("cpu", trace.cpu_s)):
        found[f"first_epoch_{name}_error"] = round(float(readings[first]) * trace.epochs / truths[name] - 1, 4)
        later = float(readings[first]) + float(readings[second] - readings[first]) * (trace.epochs - 1)
        found[f"second_epoch_{name}_error"] = round(later / truths[name] - 1, 4)
        found[f"floor_{name}"] = round(_floor(trace, readings), 4)
    return found


def _errors(forecast: EarlyForecast, truths: dict[str, float]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, estimate in (("time", forecast.total_time()), ("cpu", forecast.total_energy())):
        assert estimate is not None
        found[f"{name}_error"] = round(estimate.value / truths[name] - 1, 4)
        found[f"{name}_half_width"] = round(estimate.half_width / estimate.value, 4)
        found[f"{name}_covered"] = bool(estimate.low <= truths[name] <= estimate.high)
    return found


def _floor(trace: Trace, readings: Floats) -> float:
    """Median error of the mean over SHARE of the epochs, anywhere but in the first one."""
    ends = np.flatnonzero(np.diff(trace.steps, append=-1) != 0)
    epochs = readings[ends[trace.steps[ends] % trace.per_epoch == 0]]
    length = max(round(SHARE * trace.epochs), 1)
    costs = (epochs[1 + length :] - epochs[1:-length]) / length
    mean = (epochs[-1] - epochs[1]) / (len(epochs) - 2)
    return float(np.median(np.abs(costs / mean - 1)))


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Median and 95th percentile of the errors, coverage of the intervals, and who was nearer."""
    found: dict[str, Any] = {}
    for name in MEASURES:
        early = [abs(row["at_0.02"][f"{name}_error"]) for row in rows]
        first = [abs(row[f"first_epoch_{name}_error"]) for row in rows]
        found[name] = {
            "median": round(statistics.median(early), 4),
            "p95": round(float(np.quantile(early, 0.95)), 4),
            "machine_never_seen": {
                "median": round(statistics.median(_never_seen(rows, name)), 4),
                "p95": round(float(np.quantile(_never_seen(rows, name), 0.95)), 4),
            },
            "first_epoch_median": round(statistics.median(first), 4),
            "nearer_than_first_epoch": sum(a < b for a, b in zip(early, first, strict=True)),
            "second_epoch_median": round(statistics.median(abs(row[f"second_epoch_{name}_error"]) for row in rows), 4),
            "floor": round(statistics.median(row[f"floor_{name}"] for row in rows), 4),
            "later": {
                f"{share:g}": {
                    "median": round(statistics.median(abs(row[f"at_{share:g}"][f"{name}_error"]) for row in rows), 4),
                    "covered": sum(row[f"at_{share:g}"][f"{name}_covered"] for row in rows),
                    "half_width": round(
                        statistics.median(row[f"at_{share:g}"][f"{name}_half_width"] for row in rows), 4
                    ),
                }
                for share in (SHARE, *LATER)
            },
        }
    return found


def _never_seen(rows: list[dict[str, Any]], name: str) -> list[float]:
    return [abs(row["at_0.02"]["machine_never_seen"][f"{name}_error"]) for row in rows]


def judged_in_turn(traces: list[Trace], before: list[Trace]) -> list[dict[str, Any]]:
    """Each with what those before it left behind."""
    asked = {id(trace) for trace in traces}
    return [judged(trace, known) for trace, known in in_turn([*before, *traces]) if id(trace) in asked]


def in_turn(traces: list[Trace]) -> Iterator[tuple[Trace, Earlier]]:
    """Each with what those before it have left, as ``setsuden.predict.earlier`` would; CPU seconds stand for joules."""
    speeds: list[tuple[float, float]] = []
    seconds: list[float] = []
    joules: list[float] = []
    for trace in traces:
        usual = Usual(tuple(speeds[-RUNS:])) if speeds else None
        yield trace, Earlier(usual, tuple(seconds[-RUNS:]), tuple(joules[-RUNS:]))
        if trace.wall_s[-1] >= SHORTEST_S:
            forecast = EarlyForecast(trace.steps_total, steps_per_epoch=trace.per_epoch)
            for _ in tell(forecast, trace, trace.wall_s, trace.cpu_s):
                pass
            seconds.append(forecast.wander("seconds"))
            joules.append(forecast.wander("joules"))
            if trace.speed is not None:
                speeds.append((trace.speed, float(trace.wall_s[-1])))


def tell(forecast: EarlyForecast, trace: Trace, seconds: Floats, joules: Floats) -> Iterator[int]:
    """Tell a forecast one reading after another; the steps done after each."""
    before = -1
    rows = zip(seconds.tolist(), joules.tolist(), trace.steps.tolist(), trace.speeds.T.tolist(), strict=True)
    for at_s, at_j, step, (total, readings) in rows:
        if step == before:
            forecast.pause(at_s, at_j)
        else:
            forecast.observe(at_s, at_j, step, speeds=Speeds(total, int(readings)))
        before = step
        yield step


def read(folder: Path, only: str | None = None) -> list[Trace]:
    """All traces of a folder, or that of one training, in the order in which they were recorded."""
    order = [training.label for name in SETS for training in SETS[name]]
    found = [path for path in folder.glob("*.npz") if path.stem in order and only in (None, path.stem)]
    if not found:
        raise SystemExit(f"{folder} holds no recording of {only or 'a training'} (.npz)")
    return [Trace.read(path) for path in sorted(found, key=lambda path: order.index(path.stem))]


def recorded(trainings: tuple[Training, ...], seconds: float, keep: Path | None) -> list[Trace]:
    found = []
    for training in trainings:
        found.append(record(training, seconds))
        print(f"{found[-1].label}: {found[-1].wall_s[-1]:.0f} s, load {found[-1].load:.1f}", flush=True)
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            found[-1].thinned().save(keep)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=50.0, help="of each training, about")
    parser.add_argument("--only", choices=[training.label for training in JUDGED], help="one training instead of ten")
    parser.add_argument("--traces", type=Path, help="read these instead of training")
    parser.add_argument("--keep", type=Path, help="keep the recorded traces here")
    parser.add_argument("--out", type=Path, help="default: early.json beside this file; with --traces nothing")
    options = parser.parse_args()
    if options.traces is not None:
        rows = judged_in_turn(read(options.traces, options.only), [])
    else:
        chosen = tuple(training for training in JUDGED if options.only in (None, training.label))
        earlier = recorded(EARLIER, EARLIER_S, None)
        rows = judged_in_turn(recorded(chosen, options.seconds, options.keep), earlier)
    for row in rows:
        at = row["at_0.02"]
        print(f"{row['training']:24s} {row['seconds']:6.1f} s  "
              f"time {at['time_error']:+.1%} +-{at['time_half_width']:.0%} "
              f"(first epoch {row['first_epoch_time_error']:+.1%}, floor {row['floor_time']:.1%})  "
              f"CPU {at['cpu_error']:+.1%} +-{at['cpu_half_width']:.0%} "
              f"(first epoch {row['first_epoch_cpu_error']:+.1%}, floor {row['floor_cpu']:.1%})")  # fmt: skip
    result = {"cpus": os.cpu_count(), "runs": rows, "summary": summary(rows)}
    print(json.dumps(result["summary"], indent=1))
    out = options.out or (None if options.traces else Path(__file__).with_suffix(".json"))
    if out is not None:
        out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
