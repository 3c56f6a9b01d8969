"""Validate a document against a published schema, references to other published schemas included."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from setsuden import schemas


def validate(name: str, document: Any) -> None:
    """Raise jsonschema.ValidationError unless ``document`` is what the schema ``name`` promises; NaN never is."""
    json.dumps(document, allow_nan=False)
    resources = [(load["$id"], Resource.from_contents(load)) for load in map(schemas.load, schemas.names())]
    validator = Draft202012Validator(schemas.load(name), registry=Registry().with_resources(resources))
    validator.validate(document)
