"""What no meter can know: which model it was, what for, whose it is. Declared by the user in a small YAML file."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from setsuden.errors import InputError
from setsuden.parsing import parsed
from setsuden.places import read_yaml

Stage = Literal["training", "pre-training", "fine-tuning", "inference"]
TRAINING_STAGES = ("training", "pre-training", "fine-tuning")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, coerce_numbers_to_str=True)


class Publisher(_Strict):
    """Who reports; ``confidentiality`` of the report."""

    name: str | None = None
    division: str | None = None
    project: str | None = None
    confidentiality: Literal["public", "internal", "confidential", "secret"] = "internal"


class Infrastructure(_Strict):
    """Where it ran."""

    type: Literal["publicCloud", "privateCloud", "onPremise", "other"] | None = None
    provider: str | None = None
    instance: str | None = None
    service: str | None = None


class FunctionalUnit(_Strict):
    """R of an SCI score: how many of what the energy served, and why this unit."""

    unit: str
    count: float = Field(gt=0)
    rationale: str | None = None


class Facts(_Strict):
    """All optional; a format that cannot do without one says which.

    model, version, download, supplier, released   of the model the energy belongs to; ``released`` as 2026-01-31
    stage               what the run was: training, pre-training, fine-tuning or inference
    task_family         such as ``image classification``
    algorithms, datasets   objects as the BoAmps format defines them
    accuracy            0-1
    requests            how many were served, for inference
    compute_flop        floating-point operations of the training, or of the inference task
    country             as a name or a code
    """

    model: str | None = None
    version: str | None = None
    description: str | None = None
    url: str | None = None
    download: str | None = None
    supplier: str | None = None
    released: date | None = None
    stage: Stage | None = None
    task_family: str | None = None
    task: str | None = None
    algorithms: list[dict[str, Any]] = Field(default_factory=list)
    datasets: list[dict[str, Any]] = Field(default_factory=list)
    accuracy: float | None = Field(default=None, ge=0, le=1)
    requests: int | None = Field(default=None, ge=0)
    compute_flop: float | None = Field(default=None, gt=0)
    country: str | None = None
    publisher: Publisher | None = None
    infrastructure: Infrastructure = Infrastructure()
    functional_unit: FunctionalUnit | None = None


def read_facts(path: str | Path) -> Facts:
    """Read and check a facts file; InputError with line and field for anything it does not know."""
    declared = read_yaml(Path(path), None, "facts file")
    facts = parsed(declared, Facts)
    try:
        json.dumps(facts.model_dump(), allow_nan=False, default=str)
    except ValueError:
        raise InputError(
            "a figure is not a finite number", place=str(path), remedy="Leave out what is unknown."
        ) from None
    return facts
