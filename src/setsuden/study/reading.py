"""From what the user wrote to a checked declaration, or one sentence that says what to change and where."""

from __future__ import annotations

from collections.abc import Callable

from setsuden.errors import InputError
from setsuden.parsing import near, parsed
from setsuden.places import Declared, FieldPath
from setsuden.study.declaration import DEFAULT_MINUTES, ModelChoice, StudyDeclaration
from setsuden.study.preset import apply_preset, check_preset
from setsuden.study.vocabulary import CANDIDATES, Vocabulary, default_vocabulary

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
