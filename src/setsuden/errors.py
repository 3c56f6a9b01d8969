"""What can go wrong, as a tree.

    SetsudenError                 exit code 1
    +-- InputError                exit code 2: something the user gave is wrong
    |   +-- UnitError             a unit is unknown, missing or of the wrong dimension
    |   +-- BoundaryError         figures with different system boundaries were mixed
    +-- MissingDependencyError    an optional package is needed; exit code 2
    +-- SensorError               a sensor cannot be opened or read
    |   +-- SensorPermissionError it exists, but this user may not read it
    +-- LedgerError               the ledger cannot be opened, written or understood

Every message says what was seen, what was expected and what to do next.
"""

from __future__ import annotations

from collections.abc import Sequence


class SetsudenError(Exception):
    """Base of every error this package raises on purpose.

    message   one sentence: what is wrong
    place     where: a file with line, an option, a field path such as ``models[2].name``
    value     what was seen there
    remedy    what to do next, one sentence
    """

    exit_code = 1

    def __init__(
        self, message: str, *, place: str | None = None, value: object = None, remedy: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.value = value
        self.remedy = remedy

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}" if self.place else self.message
        if self.value is not None:
            text = f"{text.removesuffix('.')} (got {self.value!r})"
        if self.remedy:
            text = f"{text.removesuffix('.')}. {self.remedy}"
        return text


class InputError(SetsudenError, ValueError):
    """Something the user gave (file, number, unit, name) is wrong."""

    exit_code = 2


class UnitError(InputError):
    """A unit is unknown, missing or of the wrong dimension."""


class BoundaryError(InputError):
    """Figures with different system boundaries were mixed."""


class MissingDependencyError(SetsudenError, ImportError):
    """One or more optional packages are needed for what was asked.

    package   as it is called on the package index; several at once where several are missing
    purpose   what needs it, the beginning of the sentence
    extra     what brings it, such as ``torch`` or ``torch,data``
    """

    exit_code = 2

    def __init__(self, package: str | Sequence[str], purpose: str, extra: str) -> None:
        names = (package,) if isinstance(package, str) else tuple(package)
        named = " and ".join(map(repr, names))
        if len(names) == 1:
            lack, remedy = f"the package {named}, which is", f'Install it with: pip install "setsuden[{extra}]"'
        else:
            lack, remedy = f"the packages {named}, which are", f'Install them with: pip install "setsuden[{extra}]"'
        super().__init__(f"{purpose} needs {lack} not installed.", remedy=remedy)


class SensorError(SetsudenError):
    """A sensor cannot be opened or read."""


class SensorPermissionError(SensorError):
    """The sensor exists, but this user may not read it."""


class LedgerError(SetsudenError):
    """The ledger cannot be opened, written or understood."""


def require(purpose: str, extra: str, *modules: str) -> None:
    """Raise one MissingDependencyError that names every one of ``modules`` that is not installed; nothing is imported.

    purpose, extra   as for MissingDependencyError
    """
    missing = [_PACKAGES.get(module, module) for module in modules if not _installed(module)]
    if missing:
        raise MissingDependencyError(missing, purpose, extra)


def _installed(module: str) -> bool:
    from importlib.util import find_spec

    try:
        return find_spec(module) is not None
    except ImportError:
        return False


_PACKAGES = {"sklearn": "scikit-learn"}
"""Modules that are called otherwise on the package index."""
