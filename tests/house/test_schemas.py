"""Published schemas are themselves valid and findable."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from setsuden import schemas
from setsuden.errors import InputError


@pytest.mark.parametrize("name", schemas.names())
def test_every_published_schema_is_a_valid_schema(name: str) -> None:
    schema = schemas.load(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"setsuden:{name}"


def test_an_unpublished_name_lists_the_published_ones() -> None:
    with pytest.raises(InputError, match="estimate"):
        schemas.load("nonsense")
