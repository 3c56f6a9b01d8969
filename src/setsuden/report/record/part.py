"""What every part of the record is made of: fields that may be null, figures with interval and unit."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, PlainValidator, model_validator

from setsuden.quantity import Estimate

Phase = Literal["train", "infer"]
Scalar = str | int | float | bool | None


def _estimate(data: object) -> Estimate:
    if isinstance(data, Estimate):
        return data
    if not isinstance(data, dict):
        raise ValueError("expected an estimate: {value, low, high, unit, provenance, boundary}")
    try:
        return Estimate.from_json(data)
    except TypeError:
        raise ValueError("an estimate needs numbers for value, low and high") from None


Figure = Annotated[Estimate, PlainValidator(_estimate)]


class Part(BaseModel):
    """A part of the document: frozen, fields it does not know ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: object) -> object:
        """In a document null and absent mean the same: not known."""
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data
