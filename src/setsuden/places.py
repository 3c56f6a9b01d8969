"""Where in the user's input a value came from: line numbers of a YAML file, names of command-line options."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml

from setsuden.errors import InputError

FieldPath = tuple[str | int, ...]
T = TypeVar("T")
_DEEPEST = 12
_MOST = 1_000_000  # parts of a file; a few aliases of aliases make more of them than there is memory


@dataclass(slots=True)
class Declared:
    """Plain data as the user declared it, and where each part of it was written.

    data     nested dicts, lists and scalars
    places   field path -> ``pilot.yaml:12`` or ``--models``
    """

    data: dict[str, Any] = field(default_factory=dict)
    places: dict[FieldPath, str] = field(default_factory=dict)

    def place(self, path: FieldPath) -> str:
        """``pilot.yaml:12: models[2].name``; the nearest enclosing part when the path itself was not written."""
        written = dotted(path)
        for length in range(len(path), -1, -1):
            if found := self.places.get(path[:length]):
                return f"{found}: {written}" if written and not found.startswith("-") else found
        return written or "study"

    def at(self, path: FieldPath, look_up: Callable[[], T]) -> T:
        """What ``look_up`` finds; an InputError of it names the place of ``path`` instead of its own."""
        try:
            return look_up()
        except InputError as error:
            place = self.place(path)
            raise InputError(error.message, place=place, value=error.value, remedy=error.remedy) from None

    def override(self, option: str, path: FieldPath, value: Any) -> None:
        """Set one value from the command line; errors about it will name ``option``."""
        node = self.data
        for key in path[:-1]:
            inner = node.get(str(key))
            if inner is None:
                inner = {}
            elif isinstance(inner, str):  # `data: digits` is short for `data: {name: digits}`
                inner = {"name": inner}
            elif not isinstance(inner, dict):
                raise InputError("must be a mapping of keys to values", place=self.place(path[:-1]), value=inner)
            node[str(key)] = inner
            node = inner
        node[str(path[-1])] = value
        self.places = {known: at for known, at in self.places.items() if known[: len(path)] != path}
        self.places[path] = option


def dotted(path: FieldPath) -> str:
    """``("models", 2, "name")`` as ``models[2].name``."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else str(key)
    return text


def read_yaml(path: Path, command: str | None = "pilot", what: str = "study file") -> Declared:
    """A YAML file with the line of every part; raises InputError for what cannot be read as one mapping.

    command   whose ``--example`` a remedy points to, or with it; None where no command prints one
    what      what the file is called
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot read the {what}: {error.strerror}", place=str(path)) from None
    except UnicodeDecodeError as error:
        raise InputError(f"the {what} is not UTF-8 text", place=str(path), value=f"byte {error.start}") from None
    declared = parse_yaml(text, path.name, command, what)
    if not declared.data:
        raise InputError(f"the {what} is empty", place=str(path), remedy=_start(command))
    return declared


def parse_yaml(text: str, name: str, command: str | None = "pilot", what: str = "study file") -> Declared:
    """As ``read_yaml``, from text, which may be empty; ``name`` stands before the line numbers."""
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            places: dict[FieldPath, str] = {(): f"{name}:1"}
            if root is not None:
                _note_places(root, (), name, places)
            data = loader.construct_document(root) if root is not None else {}
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise InputError(
            f"not valid YAML: {error.problem or error.context}",
            place=f"{name}:{line}",
            remedy=None if command is None else f"Compare with the output of: {_example(command)}",
        ) from None
    except InputError:
        raise
    except RecursionError:
        raise InputError("nested too deeply", place=name) from None
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"not valid YAML: {' '.join(str(error).split())}", place=name) from None
    if not isinstance(data, Mapping):
        raise InputError(
            f"the {what} must be a mapping of keys to values", place=f"{name}:1", value=data, remedy=_start(command)
        )
    return Declared(dict(data), places)


def _start(command: str | None) -> str | None:
    return None if command is None else f"Start from: {_example(command)}"


def _example(command: str) -> str:
    return f"setsuden {command}" if "--example" in command else f"setsuden {command} --example"


class _Loader(yaml.SafeLoader):
    """SafeLoader that also reads ``1e-3`` as a number, which YAML 1.1 takes for text."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?[0-9][0-9_]*(\.[0-9_]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


def _note_places(node: yaml.Node, path: FieldPath, name: str, places: dict[FieldPath, str]) -> None:
    """Walk the node tree; a key given twice is refused because YAML would silently keep the last."""
    if len(path) > _DEEPEST:  # also where an alias contains itself
        raise InputError("nested too deeply", place=places[path[:1]])
    if len(places) > _MOST:
        raise InputError(
            f"has more than {_MOST:,} parts", place=places[path[:1]], remedy="Do aliases repeat each other?"
        )
    if isinstance(node, yaml.MappingNode):
        seen: set[Hashable] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # the constructor refuses a list as a key, and names its line
            inner = (*path, str(key.value))
            place = f"{name}:{key.start_mark.line + 1}"
            if key.value in seen:
                raise InputError("this key is given twice", place=f"{place}: {dotted(inner)}", remedy="Keep one.")
            seen.add(key.value)
            places[inner] = place
            _note_places(value, inner, name, places)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            places[(*path, index)] = f"{name}:{item.start_mark.line + 1}"
            _note_places(item, (*path, index), name, places)
