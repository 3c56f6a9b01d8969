"""A choice with parameters, as users write it: ``fedavg``, or ``{kind: fedprox, mu: 0.1}``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, TypeVar, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model

from setsuden.errors import InputError
from setsuden.federated.algorithms import Algorithm, FedAdam, FedAvg, FedBuff, FedProx, FedYogi, Scaffold
from setsuden.federated.compression import Compression, Plain, Quantise, SubModel, TopK
from setsuden.federated.selection import (
    Available,
    CarbonAware,
    Deadline,
    EnergyAware,
    Poisson,
    RandomChoice,
    Selection,
    Utility,
)
from setsuden.federated.topology import Edges, Full, Gossip, Hierarchical, Regular, Ring, Server, Topology, Torus
from setsuden.parsing import near, parsed
from setsuden.places import Declared, FieldPath

T = TypeVar("T")

ALGORITHMS: Mapping[str, type[Algorithm]] = {
    "fedavg": FedAvg,
    "fedprox": FedProx,
    "fedadam": FedAdam,
    "fedyogi": FedYogi,
    "scaffold": Scaffold,
    "fedbuff": FedBuff,
}
TOPOLOGIES: Mapping[str, type[Topology]] = {
    "server": Server,
    "hierarchical": Hierarchical,
    "ring": Ring,
    "torus": Torus,
    "regular": Regular,
    "gossip": Gossip,
    "full": Full,
    "edges": Edges,
}
SELECTIONS: Mapping[str, type[Selection]] = {
    "random": RandomChoice,
    "poisson": Poisson,
    "available": Available,
    "carbon-aware": CarbonAware,
    "energy-aware": EnergyAware,
    "utility": Utility,
    "deadline": Deadline,
}
COMPRESSIONS: Mapping[str, type[Compression]] = {
    "none": Plain,
    "quantise": Quantise,
    "top-k": TopK,
    "sub-model": SubModel,
}


def chosen(declared: Declared, path: FieldPath, value: object, known: Mapping[str, type[T]]) -> T:
    """One of ``known`` by its name, with the parameters that were written beside ``kind``.

    InputError names the line of the first key that is wrong.
    """
    kind, parameters = _parted(declared, path, value, known)
    return built(declared, path, parameters, known[kind])


def built(declared: Declared, path: FieldPath, parameters: Mapping[str, object], made: type[T]) -> T:
    """A frozen dataclass from what was written; every key, type and range checked."""
    allowed = [field.name for field in fields(cast("Any", made))]
    for key in parameters:
        if key not in allowed:
            remedy = near(key, allowed) if allowed else "It takes no parameters."
            raise InputError("unknown key", place=declared.place((*path, key)), remedy=remedy)
    checked = parsed(declared, _form(cast("Any", made)), path, _tuples(dict(parameters)))
    try:
        return made(**{key: getattr(checked, key) for key in parameters})
    except InputError as error:
        key = (error.place or "").rsplit(".", 1)[-1]
        place = declared.place((*path, key) if key in allowed else path)
        raise InputError(error.message, place=place, value=error.value, remedy=error.remedy) from None


@cache
def _form(made: type[Any]) -> type[BaseModel]:
    """Types alone; ranges are the dataclass's own."""
    types = get_type_hints(made)
    shapes: dict[str, Any] = {
        field.name: (types[field.name], ... if field.default is MISSING else field.default) for field in fields(made)
    }
    return create_model(made.__name__, __config__=ConfigDict(strict=True, allow_inf_nan=False), **shapes)


def _parted(
    declared: Declared, path: FieldPath, value: object, known: Mapping[str, type[T]]
) -> tuple[str, dict[str, object]]:
    parameters: dict[str, object] = {}
    if isinstance(value, dict):
        parameters = {str(key): part for key, part in value.items() if key != "kind"}
        path, value = (*path, "kind"), value.get("kind")
    if not isinstance(value, str) or value not in known:
        raise InputError(
            "must name what is meant" if not isinstance(value, str) else "not known here",
            place=declared.place(path),
            value=value,
            remedy=near(str(value), known),
        )
    return value, parameters


def _tuples(value: Any) -> Any:
    """Lists as tuples, however deep: the parameters of a choice are frozen."""
    if isinstance(value, dict):
        return {key: _tuples(part) for key, part in value.items()}
    return tuple(_tuples(part) for part in value) if isinstance(value, list) else value
