"""The declared study as a published schema, derived from the declaration so that the two cannot drift apart."""

from __future__ import annotations

from typing import Any

from setsuden.study.declaration import StudyDeclaration


def study_schema() -> dict[str, Any]:
    """Schema ``study``: a declaration with its defaults filled in, as found under ``study.config`` of a pilot."""
    body = StudyDeclaration.model_json_schema(mode="serialization")
    _without_titles(body)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "setsuden:study",
        "title": "Study",
        **body,
    }


def _without_titles(node: Any) -> None:
    """Drop the titles that are only the field names once more."""
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        for value in node.values():
            _without_titles(value)
    elif isinstance(node, list):
        for item in node:
            _without_titles(item)
