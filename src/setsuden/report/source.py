"""Where a pilot document is read from: a file, a folder a pilot wrote, or a run in the ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from setsuden.errors import InputError

DEFAULT = Path("out/pilot/result.json")
_MAX_BYTES = 256 * 2**20


def locate(target: str | None) -> Path | None:
    """The file that ``target`` means; None where it can only be the id of a run.

    target   a JSON file, a folder with ``result.json``, a run, or None for the last pilot written to ``out/pilot``
    Raises InputError for a path that does not exist.
    """
    if target is None:
        return _existing(DEFAULT, "Run `setsuden pilot` first, or name a result.json or a run.")
    path = Path(target)
    if path.is_dir():
        return _existing(path / DEFAULT.name, "Name the folder a pilot was written to, or its result.json.")
    if path.exists() or path.suffix == ".json" or path.name != target:
        return _existing(path, "Name the result.json of a pilot, its folder, or a run.")
    return None


def _existing(path: Path, remedy: str) -> Path:
    if not path.is_file():
        raise InputError("there is no such file", place=str(path), remedy=remedy)
    return path


def load(path: Path) -> Mapping[str, object]:
    """The JSON object in a file; raises InputError with line and column for anything else."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError("too large to be a pilot document", place=str(path), value=f"{path.stat().st_size} bytes")
        document = json.loads(path.read_bytes(), parse_constant=_refuse)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", place=str(path)) from None
    except UnicodeDecodeError:
        raise InputError("is not UTF-8 text", place=str(path), remedy=_REMEDY) from None
    except json.JSONDecodeError as error:
        place = f"{path}, line {error.lineno}, column {error.colno}"
        raise InputError(f"is not JSON: {error.msg}", place=place, remedy=_REMEDY) from None
    except RecursionError:
        raise InputError("is nested too deeply", place=str(path), remedy=_REMEDY) from None
    except ValueError as error:
        raise InputError(str(error), place=str(path), remedy=_REMEDY) from None
    if not isinstance(document, dict):
        raise InputError("must hold one JSON object", place=str(path), remedy=_REMEDY)
    return document


_REMEDY = "`setsuden pilot` writes a result.json that can be read."


def _refuse(constant: str) -> object:
    raise ValueError(f"holds {constant}, which JSON does not know; an unknown figure is null")
