"""One key of a Markdown file's YAML front matter, written without touching a letter of the others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from setsuden.errors import InputError

_PLACE = "model card"
_TOP_KEY = re.compile(r"""^(?:"[^"]*"|'[^']*'|[^\s#'"\-\[{][^#]*?)\s*:(?:\s|$)""")


def merge(text: str, key: str, fields: Mapping[str, str]) -> str:
    """``text`` with ``key`` set to a mapping of ``fields``, whose values are YAML text.

    Other keys, comments, order, quoting and line ends stay as they are, and so do sub-keys of ``key`` that are not
    among ``fields``. A text without front matter gets one. Raises InputError for a front matter that is no mapping.
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    body = text[len(mark) :]
    end_of_line = "\r\n" if "\r\n" in body.split("\n", 1)[0] + "\n" else "\n"
    lines = re.findall(r"[^\n]*\n|[^\n]+", body)  # str.splitlines also breaks where YAML does not
    if not lines or lines[0].rstrip() != "---":
        block = ["---", *_block(key, fields, ()), "---"]
        front = "".join(line + end_of_line for line in block)
        return mark + front + (end_of_line + body if body.strip() else body)
    close = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), None)
    if close is None:
        raise InputError("the front matter is not closed", place=_PLACE, remedy="End it with a line of three dashes.")
    front_lines = lines[1:close]
    before = _load("".join(front_lines))
    merged = _merged(front_lines, key, fields, before.get(key), end_of_line)
    _check(before, _load("".join(merged)), key)
    return mark + "".join([lines[0], *merged, *lines[close:]])


def _merged(lines: list[str], key: str, fields: Mapping[str, str], old: Any, end_of_line: str) -> list[str]:
    start, stop = _extent(lines, key)
    kept = _kept(old, lines[start:stop], fields)
    block = [line + end_of_line for line in _block(key, fields, kept)]
    head = lines[:start]
    if head and not head[-1].endswith("\n"):
        head = [*head[:-1], head[-1] + end_of_line]
    return [*head, *block, *lines[stop:]]


def _extent(lines: list[str], key: str) -> tuple[int, int]:
    """Lines that hold ``key`` and its value; (n, n) at the end when it is not there. Comments after it stay outside."""
    start = next((n for n, line in enumerate(lines) if re.match(rf"""["']?{re.escape(key)}["']?\s*:""", line)), None)
    if start is None:
        return len(lines), len(lines)
    stop = start + 1
    while stop < len(lines) and not _TOP_KEY.match(lines[stop]) and not lines[stop].startswith("#"):
        stop += 1
    while stop > start + 1 and not lines[stop - 1].strip():
        stop -= 1
    return start, stop


def _kept(old: Any, lines: list[str], fields: Mapping[str, str]) -> list[str]:
    """Sub-keys that are not ours: their own lines where the value is written as a block, else written anew."""
    others = [name for name in old if name not in fields] if isinstance(old, Mapping) else []
    if not others:
        return []
    rest = lines[1:]
    first = next((line for line in rest if line.strip()), "")
    indent = len(first) - len(first.lstrip())
    if not indent:
        import yaml

        dumped = {name: old[name] for name in others}
        return [f"  {line}" for line in yaml.safe_dump(dumped, sort_keys=False, allow_unicode=True).splitlines()]
    kept: list[str] = []
    keep = False
    for line in rest:
        if line.strip() and len(line) - len(line.lstrip()) == indent:
            name = line.strip().partition(":")[0].strip("\"' ")
            keep = name in {str(other) for other in others} or line.lstrip().startswith("#")
        if keep:
            kept.append(line.rstrip("\r\n"))
    return [line.replace(" " * indent, "  ", 1) for line in kept]


def _block(key: str, fields: Mapping[str, str], kept: list[str] | tuple[str, ...]) -> list[str]:
    return [f"{key}:", *(f"  {name}: {value}" for name, value in fields.items()), *kept]


def _load(text: str) -> dict[Any, Any]:
    import yaml

    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"the front matter is not YAML: {str(error).splitlines()[0]}", place=_PLACE) from None
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise InputError("the front matter is not a mapping", place=_PLACE, value=type(loaded).__name__)
    return loaded


def _check(before: dict[Any, Any], after: dict[Any, Any], key: str) -> None:
    """A layout the line rules do not understand is refused rather than damaged."""
    if {k: v for k, v in before.items() if k != key} != {k: v for k, v in after.items() if k != key}:
        raise InputError(
            "the front matter is laid out in a way that cannot be merged safely", place=_PLACE,
            remedy=f"Write one key per line at the left margin, or add {key} by hand.",
        )  # fmt: skip
