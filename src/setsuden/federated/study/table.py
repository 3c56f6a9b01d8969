"""Data set and set-up against country: the shape in which the field's first study printed its results.

Made from the documents of studies (schema ``federate``), so that several studies stand in one table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from setsuden.errors import InputError

_SIDES = ("centralised", "centralised_upload")


@dataclass(frozen=True, slots=True)
class Line:
    """One set-up of one data set.

    topology, device   None for training in one place; device None also where the fleet is as declared
    upload             training in one place, the raw data sent there first
    carbon_g           (value, low, high) by country
    same, same_upload  smallest and largest ratio over one place on one grid, without and with the data sent there
    cross, cross_upload   across grids
    """

    study: str
    topology: str | None
    device: str | None
    upload: bool
    rounds: int | None
    reached: bool
    carbon_g: dict[str, tuple[float, float, float]]
    same: tuple[float, float] | None = None
    same_upload: tuple[float, float] | None = None
    cross: tuple[float, float] | None = None
    cross_upload: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Lines of all studies; ``places`` in the order of the first, ``network`` the model they are priced by."""

    places: tuple[str, ...]
    network: str
    lines: tuple[Line, ...]


def table(documents: Sequence[Mapping[str, Any]]) -> Table:
    """The table of some studies; InputError where one compares no countries, or other ones than the first."""
    lines: list[Line] = []
    places: list[str] = []
    network = ""
    for document in documents:
        rows = document["comparison"]
        own = list(dict.fromkeys(row["place"] for row in rows if row["place"] is not None))
        if not own or (places and own != places):
            raise InputError(
                "this study compares no countries" if not own else "these studies compare different countries",
                place=document["name"],
                value=own or None,
                remedy="Give each study the same compare: {countries: [...]}.",
            )
        places, network = own, network or rows[0]["network"]
        priced = [row for row in rows if row["place"] is not None and row["network"] == network]
        if not priced:
            raise InputError(f"this study has no prices by {network}", place=document["name"])
        lines += _lines(document, priced, places)
    return Table(tuple(places), network, tuple(lines))


def _lines(document: Mapping[str, Any], rows: list[Any], places: list[str]) -> list[Line]:
    name, central = document["name"], document["centralised"]
    devices = list(dict.fromkeys(row["device"] for row in rows))
    devices = [device for device in devices if device is not None] or [None]
    first = {row["place"]: row for row in rows if row["device"] == devices[0]}
    lines = [
        Line(
            name, None, None, upload, None, central["reached"] is not False,
            {place: _carbon(first[place][side]) for place in places},
        )
        for upload, side in zip((False, True), _SIDES, strict=True)
    ]  # fmt: skip
    for topology in dict.fromkeys(one["topology"] for one in document["trainings"]):
        training = _median(document, topology)
        for device in devices:
            own = {
                row["place"]: row
                for row in rows
                if (row["topology"], row["seed"], row["device"]) == (topology, training["seed"], device)
            }
            ratios = [_ratios(own, places, side) for side in _SIDES]
            lines.append(
                Line(
                    name, topology, device, False, training["rounds"], _reached(document, training),
                    {place: _carbon(own[place]["federated"]) for place in places},
                    ratios[0][0], ratios[1][0], ratios[0][1], ratios[1][1],
                )
            )  # fmt: skip
    return lines


def _median(document: Mapping[str, Any], topology: str) -> Any:
    """The training that stands for a topology: the (lower) median by carbon."""
    own = [one for one in document["trainings"] if one["topology"] == topology]
    ranked = sorted(own, key=lambda one: one["bill"]["total"]["carbon"]["value"])
    return ranked[(len(ranked) - 1) // 2]


def _reached(document: Mapping[str, Any], training: Mapping[str, Any]) -> bool:
    return document["target"] is None or training["reached_round"] is not None


def _ratios(own: Mapping[str, Any], places: list[str], side: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """(smallest, largest) on one grid, and with the two sides on any two different grids."""
    pairs = {
        (here, there): own[here]["federated"]["carbon"]["value"] / own[there][side]["carbon"]["value"]
        for here in places
        for there in places
    }
    same = [ratio for (here, there), ratio in pairs.items() if here == there]
    cross = [ratio for (here, there), ratio in pairs.items() if here != there] or same
    return (min(same), max(same)), (min(cross), max(cross))


def _carbon(cost: Mapping[str, Any]) -> tuple[float, float, float]:
    figure = cost["carbon"]
    return figure["value"], figure["low"], figure["high"]
