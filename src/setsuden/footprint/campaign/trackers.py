"""Where trials are read from: a table, an Optuna storage, an MLflow store, a W&B export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from setsuden.footprint.campaign.tracked import Recorded, TrackedRun, add_up
from setsuden.quantity import NODE, Boundary


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to take from a tracker.

    group      study of an Optuna storage, experiment of an MLflow store; None when there is only one
    quality    name of the metric that judges a run; an Optuna study knows its own objective
    minimise   whether less of it is better
    energy     name of the recorded energy, ending in its unit; None looks under the usual names
    """

    group: str | None = None
    quality: str | None = None
    minimise: bool = False
    energy: str | None = None


Reader = Callable[[str, Wanted], tuple[str, list[TrackedRun]]]

# tracker -> module with ``read(where, wanted) -> (name, runs)``
TRACKERS = {"csv": "trials_csv", "optuna": "optuna_store", "mlflow": "mlflow_store", "wandb": "wandb_export"}


def from_tracker(
    tracker: str,
    where: str | Path,
    wanted: Wanted | None = None,
    *,
    watts: float | None = None,
    chosen: str | None = None,
    boundary: Boundary = NODE,
) -> Recorded:
    """The campaign that the runs of a tracker make; ``where`` is a path, or for a storage also its URL.

    Energy is the recorded one where there is some, else duration times ``watts``; see ``tracked.add_up``.
    """
    read: Reader = import_module(f"setsuden.footprint.campaign.{TRACKERS[tracker]}").read
    name, runs = read(str(where), wanted or Wanted())
    return add_up(name, runs, place=str(where), watts=watts, chosen=chosen, boundary=boundary)


def one_of(kind: str, names: Sequence[str], asked: str | None, option: str, place: str) -> str:
    """The group asked for, or the only one there is; InputError with those there are."""
    from setsuden.errors import InputError

    shown = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    if not names:
        raise InputError(f"there is no {kind} in it", place=place)
    if asked is None:
        if len(names) > 1:
            raise InputError(
                f"there are several: which {kind} is meant?", place=place, remedy=f"Give {option}: {shown}."
            )
        return names[0]
    if asked not in names:
        raise InputError(f"there is no such {kind}", place=place, value=asked, remedy=f"There are: {shown}.")
    return asked
