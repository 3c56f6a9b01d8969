"""Declared data as a strict model, or one sentence that says what to change and where."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from setsuden.errors import InputError
from setsuden.places import Declared, FieldPath

M = TypeVar("M", bound=BaseModel)


def near(name: str, allowed: Iterable[str]) -> str:
    """A remedy: the nearest allowed names, else all of them."""
    options = sorted(allowed)
    close = difflib.get_close_matches(name, options, n=3, cutoff=0.6)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    return f"Known: {', '.join(options)}."


def parsed(declared: Declared, model: type[M], under: FieldPath = (), data: Mapping[str, object] | None = None) -> M:
    """What was declared, or ``data`` from ``under`` a key of it, as ``model``.

    Raises InputError with the place of the first problem by line, in words; further ones are counted.
    """
    try:
        return model.model_validate(declared.data if data is None else data)
    except ValidationError as error:
        raise _explained(error, declared, model, under) from None


def _explained(error: ValidationError, declared: Declared, model: type[BaseModel], under: FieldPath) -> InputError:
    problems = sorted(error.errors(), key=lambda item: _line(declared.place((*under, *_path(item)))))
    first = problems[0]
    path = (*under, *_path(first))
    message, remedy = _worded(first, _path(first), model)
    if len(problems) > 1:
        further = len(problems) - 1
        counted = "1 more problem after this." if further == 1 else f"{further} more problems after this."
        remedy = f"{remedy} {counted}" if remedy else counted
    value = first["input"]
    if first["type"] == "value_error" and isinstance(value, Mapping):
        # A rule of a whole mapping: a sentence that begins "KEY is" or "KEY must" is about that key, no other is.
        key, verb = [*message.split(" ", 2), ""][:2]
        path, value = ((*path, key), value[key]) if key in value and verb in ("is", "must") else (path, None)
    shown = None if value is None or first["type"] in {"missing", "extra_forbidden"} else _shown(value)
    return InputError(message, place=declared.place(path), value=shown, remedy=remedy or None)


def _path(problem: ErrorDetails) -> FieldPath:
    return tuple(problem["loc"])


def _line(place: str) -> tuple[int, str]:
    for piece in place.split(":"):
        if piece.isdigit():
            return int(piece), place
    return 0, place


def _worded(problem: ErrorDetails, path: FieldPath, model: type[BaseModel]) -> tuple[str, str]:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        allowed = _fields_at(path[:-1], model)
        return "unknown key", near(str(path[-1]), allowed)
    if kind == "missing":
        return "is required", ""
    if kind == "value_error":
        cause = context.get("error", problem["msg"])
        return (cause.message, cause.remedy or "") if isinstance(cause, InputError) else (str(cause), "")
    if kind == "literal_error":
        return "not one of the values allowed", f"Use {context.get('expected', '')}."
    bounds = {
        "greater_than": ("must be greater than {bound}", "gt"),
        "greater_than_equal": ("must be at least {bound}", "ge"),
        "less_than": ("must be below {bound}", "lt"),
        "less_than_equal": ("must be at most {bound}", "le"),
    }
    if kind in bounds:
        words, key = bounds[kind]
        return words.format(bound=_plain(context.get(key))), ""
    if kind == "string_pattern_mismatch":
        return "not of the form expected here", f"The form is {context.get('pattern', '')}."
    if kind == "finite_number":
        return "must be a finite number", "Leave the key out if you do not know it."
    plain = {
        "int_type": "must be a whole number",
        "int_parsing": "must be a whole number",
        "int_from_float": "must be a whole number",
        "float_type": "must be a number",
        "float_parsing": "must be a number",
        "string_type": "must be text",
        "date_from_datetime_parsing": "must be a date, such as 2026-06-01",
        "date_parsing": "must be a date, such as 2026-06-01",
        "date_type": "must be a date, such as 2026-06-01",
        "bool_type": "must be true or false",
        "bool_parsing": "must be true or false",
        "list_type": "must be a list",
        "tuple_type": "must be a list",
        "dict_type": "must be a mapping of keys to values",
        "model_type": "must be a mapping of keys to values",
        "model_attributes_type": "must be a mapping of keys to values",
        "too_short": "must not be empty",
        "string_too_short": "must not be empty",
    }
    return plain.get(kind, problem["msg"]), ""


def _plain(bound: object) -> str:
    return f"{bound:g}" if isinstance(bound, int | float) else str(bound)


def _fields_at(path: FieldPath, model: type[BaseModel]) -> list[str]:
    """Names of the keys allowed at a place of a declaration."""
    for key in path:
        if isinstance(key, int):
            continue
        inner = _model_in(model.model_fields[key].annotation) if key in model.model_fields else None
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if isinstance(annotation, UnionType) or get_args(annotation):
        for part in get_args(annotation):
            if found := _model_in(part):
                return found
    return None


def _shown(value: Any) -> Any:
    """The value for the message, shortened where it is long."""
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
