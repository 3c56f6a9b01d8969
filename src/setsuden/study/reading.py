"""From what the user wrote to a checked declaration, or one sentence that says what to change and where."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from types import UnionType
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from setsuden.errors import InputError
from setsuden.study.declaration import DEFAULT_MINUTES, ModelChoice, StudyDeclaration
from setsuden.study.places import Declared, FieldPath
from setsuden.study.preset import apply_preset, check_preset
from setsuden.study.vocabulary import CANDIDATES, Vocabulary, default_vocabulary

M = TypeVar("M", bound=BaseModel)
DEFAULT_BATCH_SIZES = (16, 64, 256)
_SECTIONS = ("serve", "measure", "quality", "question", "constraints")


def checked(declared: Declared, vocabulary: Vocabulary | None = None) -> StudyDeclaration:
    """The declaration with defaults filled in.

    Raises InputError with the place of the first problem, in the order of the file.
    """
    known = vocabulary or default_vocabulary()
    _fill_defaults(declared, known)
    study = parsed(declared, StudyDeclaration)
    _check_names(study, declared, known)
    check_preset(study, declared)
    return _with_proper_names(study, declared, known)


def _fill_defaults(declared: Declared, known: Vocabulary) -> None:
    data = declared.data
    for name in _SECTIONS:
        if name in data and data[name] is None:  # a heading with nothing but comments under it
            data[name] = {}
    if data.get("data") is None:
        data["data"] = known.default_data
    elif isinstance(data["data"], dict):
        data["data"].setdefault("name", known.default_data)
    if "models" not in data:
        data["models"] = list(_default_models(declared, known))
    data.setdefault("batch_sizes", list(DEFAULT_BATCH_SIZES))
    # One core is left to the system and the meter: where every core is taken, the barriers between threads wait for
    # whatever else runs, and small models slow down a hundredfold.
    data.setdefault("threads", [max(1, known.cores - 1)])
    apply_preset(declared)
    measure = data.setdefault("measure", {})
    if isinstance(measure, dict) and data.get("protocol", "default") == "default":
        measure.setdefault("minutes", DEFAULT_MINUTES)


def _default_models(declared: Declared, known: Vocabulary) -> tuple[str, ...]:
    chosen = declared.data["data"]
    name, folder = (chosen.get("name"), chosen.get("folder")) if isinstance(chosen, dict) else (chosen, None)
    if not isinstance(name, str) or not isinstance(folder, str | None):
        return CANDIDATES[:1]  # what is wrong with the data is told when the whole is checked
    _named_rightly(known.data_set, name, declared.place(("data", "name")))
    try:
        return known.default_models(name, folder)
    except InputError as error:
        place = declared.place(("data", "name"))
        raise InputError(error.message, place=place, value=error.value, remedy=error.remedy) from None


def _check_names(study: StudyDeclaration, declared: Declared, known: Vocabulary) -> None:
    for i, item in enumerate(study.models):
        _named_rightly(known.model, item.name, declared.place(("models", i, "name")))
    _named_rightly(known.data_set, study.data.name, declared.place(("data", "name")))
    if study.site is not None:
        _named_rightly(known.site, study.site, declared.place(("site",)))
    choices: list[tuple[FieldPath, str, str, tuple[str, ...]]] = [
        *((("optimizers", i, "name"), "optimiser", o.name, known.optimizers) for i, o in enumerate(study.optimizers)),
        *((("precisions", i), "precision", name, known.precisions) for i, name in enumerate(study.precisions)),
    ]
    for path, kind, name, allowed in choices:
        if name not in allowed:
            raise InputError(f"unknown {kind}", place=declared.place(path), value=name, remedy=near(name, allowed))
    for i, threads in enumerate(study.threads):
        if threads > known.cores:
            raise InputError(
                f"this process may use {known.cores} cores",
                place=declared.place(("threads", i)),
                value=threads,
                remedy=f"Use 1 to {known.cores}.",
            )


def _with_proper_names(study: StudyDeclaration, declared: Declared, known: Vocabulary) -> StudyDeclaration:
    """Models under the names the zoo uses, so that ``ResNet20`` and ``resnet-20`` are one study."""
    models: list[ModelChoice] = []
    for i, item in enumerate(study.models):
        proper = ModelChoice(name=known.model(item.name))
        if proper in models:
            raise InputError("listed twice", place=declared.place(("models", i, "name")), value=item.name)
        models.append(proper)
    return study.model_copy(update={"models": models})


def _named_rightly(lookup: Callable[[str], object], name: str, place: str) -> None:
    """Let the room that knows the name judge it, and say where the name was written."""
    try:
        lookup(name)
    except InputError as error:
        raise InputError(error.message, place=place, value=name, remedy=error.remedy) from None


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
        remedy = f"{remedy} {len(problems) - 1} more problem{'s' * (len(problems) > 2)} after this.".strip()
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
        "greater_than": ("must be greater than", "gt"),
        "greater_than_equal": ("must be at least", "ge"),
        "less_than": ("must be below", "lt"),
        "less_than_equal": ("must be at most", "le"),
    }
    if kind in bounds:
        words, key = bounds[kind]
        return f"{words} {_plain(context.get(key))}", ""
    if kind == "finite_number":
        return "must be a finite number", "Leave the key out if you do not know it."
    plain = {
        "int_type": "must be a whole number",
        "float_type": "must be a number",
        "string_type": "must be text",
        "list_type": "must be a list",
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
