"""The user's own models and data: ``package.module:factory`` names a function that makes them."""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Callable, Mapping
from importlib import import_module

from setsuden.errors import InputError

_FORM = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_PREFIXES = ("npz:", "images:")


def is_factory(spec: str) -> bool:
    """Whether ``spec`` has the form ``package.module:factory``."""
    return _FORM.fullmatch(spec) is not None and not spec.startswith(_PREFIXES)


def load_factory(spec: str) -> Callable[..., object]:
    """Import the function; the working directory is searched too. InputError says which part is wrong."""
    if not is_factory(spec):
        raise InputError("not of the form package.module:factory", value=spec, remedy="Example: mymodels.cnn:build.")
    module_name, _, path = spec.partition(":")
    here = os.getcwd()
    sys.path.insert(0, here)
    try:
        found: object = import_module(module_name)
    except ImportError as error:
        raise InputError(
            f"cannot import the module {module_name!r}: {error}",
            place=spec,
            remedy="Run from the folder that holds it, or install it here.",
        ) from error
    finally:
        sys.path.remove(here)
    for part in path.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        raise InputError(
            f"the module {module_name!r} has no function {path!r}", place=spec, remedy="Name a function that exists."
        )
    return found


def call_with_known(function: Callable[..., object], known: Mapping[str, object]) -> object:
    """Call with those of the ``known`` arguments that the function takes."""
    parameters = inspect.signature(function).parameters
    takes_all = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())
    return function(**{key: value for key, value in known.items() if takes_all or key in parameters})
