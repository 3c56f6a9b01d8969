"""Power models of CPU and DRAM, ready to use: points and errors, kept in the user's cache from one start to the next.

Finding a processor in the catalogue takes longer than everything else at a meter's start. Its outcome depends on what
the machine says about itself and on the catalogue's files only, so it is kept under a key made of both.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from setsuden.quantity import Factor
from setsuden.sensors.host import Host
from setsuden.sensors.limits import Limits
from setsuden.sensors.machine import Machine
from setsuden.tuples import NamedTuple


class PowerModel(NamedTuple):
    """Watts over utilisation with a relative error.

    seen           what it was recognised as
    points         (utilisation 0-1, W), rising in the first; one point: the same at any utilisation
    error, below   5-95 half-widths upwards and downwards, shares
    error_source   where the error is published; ``basis`` without how the share came about
    """

    seen: str
    points: tuple[tuple[float, float], ...]
    error: float
    below: float
    error_source: str
    basis: str
    factors: tuple[Factor, ...]

    def watts(self, utilisation: float) -> float:
        """W at ``utilisation``, linear between the points; outside 0-1 the nearer end."""
        x0, y0 = self.points[0]
        for x1, y1 in self.points:  # a handful
            if utilisation <= x1:
                return y1 if x1 == x0 else y0 + (y1 - y0) * max(0.0, utilisation - x0) / (x1 - x0)
            x0, y0 = x1, y1
        return y0


def cpu_model(host: Host, machine: Machine, limits: Limits, state: list[Any] | None) -> PowerModel:
    """The processor's model; from the cache where it was looked up before.

    state   as ``catalogue_state`` gives it; None: looked up anew, nothing kept
    """
    facts = {**machine._asdict(), "memory_bytes": None, "cpus": limits.cpus}

    def look_up() -> PowerModel:
        from setsuden.sensors.cpu_part import cpu_part

        part = cpu_part(machine, limits)
        points = tuple((share, part.full_w * power) for share, power in part.curve.row.points())
        source = f"{part.curve.error_basis}; share: {part.share.formula}"
        return PowerModel(
            part.match.seen, points, part.relative_error, part.relative_error_below, source, part.curve.error_basis,
            part.factors,
        )  # fmt: skip

    return _kept(host, "cpu", facts, state, look_up)


def dram_model(host: Host, state: list[Any] | None) -> PowerModel:
    """Watts per GB of installed memory, whatever the load; from the cache where it was looked up before."""

    def look_up() -> PowerModel:
        from setsuden.catalogue import memory

        per_gb = memory.dram_w_per_gb()
        source = per_gb.factors[0].source
        points = ((0.0, per_gb.value),)
        error, below = per_gb.high / per_gb.value - 1, 1 - per_gb.low / per_gb.value
        return PowerModel("DRAM", points, error, below, source, source, per_gb.factors)

    return _kept(host, "dram", {}, state, look_up)


def cache_folder() -> str | None:
    """The user's own cache folder for setsuden; nothing is created. None where there is no home."""
    if sys.platform == "darwin":
        folder = "~/Library/Caches/setsuden"
    elif os.name == "nt":
        folder = os.path.join(os.environ.get("LOCALAPPDATA") or "~/AppData/Local", "setsuden", "cache")
    else:
        folder = os.path.join(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "setsuden")
    folder = os.path.expanduser(folder)
    return None if folder.startswith("~") else folder


def _kept(host: Host, name: str, facts: dict[str, Any], state: list[Any] | None, look_up: Any) -> PowerModel:
    if host.cache is None or state is None:
        found: PowerModel = look_up()
        return found
    key = json.dumps([facts, state])
    path = os.path.join(host.cache, f"model-{name}.json")
    try:
        with open(path, "rb") as file:
            kept = json.loads(file.read())
        if kept["key"] == key:
            return _from_json(kept["model"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # absent, damaged or of another version: looked up as the first time
    found = look_up()
    _keep(path, json.dumps({"key": key, "model": _to_json(found)}))
    return found


def _keep(path: str, text: str) -> None:
    """Put the file in its place whole; where that cannot be, the next start looks up again."""
    mine = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(mine, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(mine, path)
    except OSError:
        return


def _to_json(model: PowerModel) -> dict[str, Any]:
    return {**model._asdict(), "factors": [factor.to_json() for factor in model.factors]}


def _from_json(data: dict[str, Any]) -> PowerModel:
    data["points"] = tuple((float(share), float(power)) for share, power in data["points"])
    data["factors"] = tuple(Factor(**factor) for factor in data["factors"])
    return PowerModel(**data)


def catalogue_state(host: Host) -> list[Any] | None:
    """Size and time of every file a model depends on; None without a cache and where a user's own figures may enter."""
    if host.cache is None:
        return None
    from setsuden.catalogue.override import override_folder

    own = override_folder()
    here = os.path.dirname(__file__)
    try:
        if own is not None and any(name.endswith(".csv") for name in os.listdir(own)):
            return None
        files = ("cpu_part.py", "cpu_share.py", "power_models.py")
        entries = [(name, os.stat(os.path.join(here, name))) for name in files]
        with os.scandir(os.path.join(os.path.dirname(here), "catalogue", "tables")) as tables:
            entries += [(entry.name, entry.stat()) for entry in tables if entry.name.endswith(".csv")]
    except OSError:
        return None
    return [here, sorted([name, found.st_size, found.st_mtime_ns] for name, found in entries)]
