"""The numbers of ``federated`` from a training that `setsuden federate` did: its result.json, per client and round."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from setsuden.errors import InputError
from setsuden.places import Declared

_NAMED = ("result", "topology", "seed")
_MB, _GB = 1e6, 1e9
_J_PER_KWH = 3.6e6


def filled(declared: Declared, folder: Path) -> Declared:
    """The life with ``federated.result`` read and put in its place; what is stated beside it stays as stated.

    folder   that a relative name starts from. InputError for what is no priced result of a federation.
    """
    said = declared.data.get("federated")
    if not isinstance(said, dict) or "result" not in said:
        return declared
    path = ("federated", "result")

    def read() -> dict[str, Any]:
        document = _document(folder / str(said["result"]))
        return _numbers(_training(document["trainings"], said.get("topology"), said.get("seed")), document)

    numbers = declared.at(path, read)
    if "site" in said or "intensity_g_per_kwh" in said:
        del numbers["intensity_g_per_kwh"]
    kept = {key: value for key, value in said.items() if key not in _NAMED}
    return Declared({**declared.data, "federated": {**numbers, **kept}}, declared.places)


def _document(path: Path) -> dict[str, Any]:
    file = path / "result.json" if path.is_dir() else path
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot be read: {error}", value=str(file), remedy="Name the result.json that `setsuden federate` wrote."
        ) from None
    if not isinstance(document, dict) or document.get("schema") != "setsuden:federate":
        raise InputError(
            "not the result of a federation", value=str(file), remedy="Name what `setsuden federate` wrote."
        )
    return document


def _training(trainings: Sequence[Mapping[str, Any]], topology: object, seed: object) -> Mapping[str, Any]:
    """The one that is meant; of several seeds that of the (lower) median carbon, as the study itself takes."""
    names = list(dict.fromkeys(one["topology"] for one in trainings))
    if topology is None and len(names) > 1:
        raise InputError(
            "this result has several topologies", value=names, remedy="Name one, as topology: beside result:."
        )
    own = [one for one in trainings if topology in (None, one["topology"]) and seed in (None, one["seed"])]
    if not own:
        raise InputError(
            "no such training in this result",
            value=topology if seed is None else f"{topology}, seed {seed}",
            remedy=f"Known topologies: {', '.join(names)}.",
        )
    if any(one["bill"] is None or "pue" not in one["bill"] for one in own):
        raise InputError(
            "this training is not priced, or by an older version that did not state its PUE",
            remedy="Declare a fleet and run `setsuden federate` again with the same --out; nothing is trained twice.",
        )
    ranked = sorted(own, key=lambda one: float(one["bill"]["total"]["carbon"]["value"]))
    return ranked[(len(ranked) - 1) // 2]


def _numbers(training: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """As ``FederatedChoice`` has them. A message between peers is one message: all of it counts as sent."""
    bill, moved, rounds = training["bill"], training["bytes"], training["rounds"]
    turns = sum(training["turns"].values())
    if turns == 0:
        raise InputError("nobody took part in this training")
    parties = bill["by_party"]
    clients = parties["clients"]
    numbers: dict[str, Any] = {
        "rounds": float(rounds),
        "clients_per_round": turns / rounds,
        "client_j": _per(clients["energy"], float(turns)),
        "upload_mb": (moved["update"] + moved["peer"]) / turns / _MB,
        "download_mb": moved["model"] / turns / _MB,
        "intensity_g_per_kwh": clients["carbon"]["value"] / clients["energy"]["value"] * _J_PER_KWH,
    }
    if "server" in parties:
        numbers["server_j_per_round"] = _per(parties["server"]["energy"], rounds * float(bill["pue"]))
    if document["centralised"] is not None:
        numbers["central_data_gb"] = document["centralised"]["upload_bytes"] / _GB
    return numbers


def _per(energy: Mapping[str, Any], count: float) -> dict[str, float]:
    return {name: float(energy[name]) / count for name in ("value", "low", "high")}
