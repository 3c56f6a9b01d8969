"""The coefficients that come with the package: laws, lengths and widths fitted on public measurements."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, get_args

import numpy as np

from setsuden.errors import InputError
from setsuden.predict.domain import FEATURES
from setsuden.predict.kernel import LEVELS, Kernel
from setsuden.predict.terms import TERMS

Target = Literal["seconds_per_unit", "energy_j", "power_w"]
TARGETS: tuple[Target, ...] = get_args(Target)
FILE = "coefficients.json"
# Residuals of work that no public table shows: a tenth up or down for each reason to differ, all of it by a factor.
_EACH = (0.01, 0.001, 0.01, 0.01, 0.01, 0.01)
PLAIN = Kernel(np.array([(1.0, *_EACH[1:]), *(_EACH,) * (len(LEVELS) - 1)]), np.full(len(FEATURES), 2.0), noise=0.0025)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known about one target before any row is given.

    coefficients   stratum -> numbers >= 0, one a term, see ``base``; the file leaves out zeros at the end
    typical        kind of work -> size -> stand-in for rows that do not state it
    ranges         kind of work -> size -> (low, high) seen in the public tables
    kernels        kind of work -> how residuals vary
    widths         kind of work -> deviations that cover 90 % of rows of held-out groups or devices, physical part alone
    """

    coefficients: Mapping[str, tuple[float, ...]]
    typical: Mapping[str, Mapping[str, float]]
    ranges: Mapping[str, Mapping[str, tuple[float, float]]]
    kernels: Mapping[str, Kernel]
    widths: Mapping[str, float]


def checked_target(target: str) -> Target:
    """``target`` as one of ``TARGETS``; InputError for anything else."""
    for known in TARGETS:
        if target == known:
            return known
    raise InputError(
        "no such target of prediction", place="target", value=target, remedy=f"One of: {', '.join(TARGETS)}."
    )


@lru_cache(maxsize=len(TARGETS))
def shipped(target: Target) -> Knowledge:
    """The knowledge of a target that ships with the package.

    Work whose joules nobody has published takes its design power for as long as the law of its seconds says.
    """
    known = parse(document()[target])
    if target != "energy_j":
        return known
    timed = parse(document()["seconds_per_unit"])
    lasting = {name: theta for name, theta in timed.coefficients.items() if name.split("/")[0] not in known.ranges}
    typical = {**timed.typical, **known.typical}
    return replace(known, coefficients={**known.coefficients, **lasting}, typical=typical)


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The file as it is: target -> knowledge, with ``sources`` and ``scores`` beside."""
    found: dict[str, Any] = json.loads(files("setsuden.predict").joinpath(FILE).read_text(encoding="utf-8"))
    return found


def parse(data: Mapping[str, Any]) -> Knowledge:
    """One target of the file as ``Knowledge``."""
    return Knowledge(
        coefficients={
            name: (*theta, *(0.0,) * (len(TERMS) - len(theta))) for name, theta in data["coefficients"].items()
        },
        typical=data["typical"],
        ranges={kind: {n: (r[0], r[1]) for n, r in sizes.items()} for kind, sizes in data["ranges"].items()},
        kernels={kind: parse_kernel(found) for kind, found in data["kernels"].items()},
        widths=data["widths"],
    )


def loosened(knowledge: Knowledge, kind: str) -> Knowledge:
    """The same knowledge, with little faith in how fast or hungry a device as a whole is: its own rows tell.

    The level of a device may be off by any factor up to some fifty, that of one way of using it by a fifth.
    """
    kernel = knowledge.kernels.get(kind, PLAIN)
    strengths = kernel.strengths.copy()
    for level, least in (("device", 4.0), ("same", 0.03)):
        place = LEVELS.index(level)
        strengths[place, 0] = max(float(strengths[place, 0]), least)
    return replace(knowledge, kernels={**knowledge.kernels, kind: replace(kernel, strengths=strengths)})


def parse_kernel(data: Mapping[str, Any]) -> Kernel:
    """One kind of work of the file's ``kernels`` as a covariance."""
    lengths = np.full(len(FEATURES), np.inf)
    for name, length in data["lengths"].items():
        lengths[FEATURES.index(name)] = length
    strengths = np.array(data["strengths"], dtype=np.float64)
    return Kernel(strengths, lengths, float(data["noise"]), bool(data.get("siblings", False)))
