"""Reading a document: the sample is what the schema promises, and anything wrong is named with its place."""

from __future__ import annotations

from typing import Any

import pytest

from setsuden.errors import InputError
from setsuden.report import read
from tests.report.support import VARIANTS, changed, sample, variant


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_reads(name: str) -> None:
    assert read(variant(name)).version == 1


def test_unknown_fields_are_ignored() -> None:
    def add(document: dict[str, Any]) -> None:
        document["novelty"] = {"deep": [1]}
        document["decision"]["options"][0]["novelty"] = 1

    assert read(changed(add)) == read(sample())


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("decision", "options", 2, "total_energy", "unit"), "parsec", r"decision\.options\[2\]\.total_energy"),
        (("configurations", 0, "energy_per_sample", "low"), 1e9, r"configurations\[0\]\.energy_per_sample"),
        (("configurations", 3, "phase"), "sleep", r"configurations\[3\]\.phase"),
        (("study", "name"), None, r"study\.name"),
        (("machine",), [], "machine"),
        (("trace", "t_s", 4), "soon", r"trace\.t_s\[4\]"),
        (("quality", 1, "energy", "provenance"), "guessed", r"quality\[1\]\.energy"),
        (("quality", 1, "energy", "value"), None, r"quality\[1\]\.energy"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(path: tuple[str | int, ...], value: object, place: str) -> None:
    def spoil(document: Any) -> None:
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = value

    with pytest.raises(InputError, match=rf"^result\.json, {place}: ") as failure:
        read(changed(spoil), "result.json")
    assert failure.value.exit_code == 2
    assert len(str(failure.value)) < 900


def test_another_document_or_version_is_refused() -> None:
    with pytest.raises(InputError, match="not a pilot document"):
        read({"schema": "setsuden:run"})
    with pytest.raises(InputError, match="version 1"):
        read(sample() | {"version": 2})
    with pytest.raises(InputError, match="version 1"):
        read({"schema": "setsuden:pilot"})
