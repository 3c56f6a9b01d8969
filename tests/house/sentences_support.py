"""English sentences as they stand in the code: what errors say by raise site, and every text that is put together."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import setsuden
from setsuden import errors
from setsuden.language.sentences import SENTENCE_END

SOURCES = Path(setsuden.__file__).parent
FILLED = "{}"
"""Stands for whatever is put into a sentence."""
_OURS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
_RAISED = _OURS | {"ValueError", "BadParameter", "UsageError"}  # a ValueError of a validator becomes one of ours
_PLACEHOLDER = re.compile(r"\{\w+(![rs])?\}|%[rs]")
_Names = Mapping[str, list[ast.expr]]


def opened(template: str) -> str:
    """A template without the names of its placeholders, as ``written`` has the sentences of the code."""
    return _PLACEHOLDER.sub(FILLED, template)


def written(paths: Iterable[Path]) -> frozenset[str]:
    """Every text in these modules, and every text that is put together there with FILLED for what is put in."""
    found: set[str] = set()
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
                for text in map(opened, _texts(node, {})):
                    found |= {text, text.strip(), text.removeprefix(FILLED), *SENTENCE_END.split(text)}
    return frozenset(found)


@cache
def raised() -> tuple[tuple[str, str], ...]:
    """Where and what: each sentence, of the wrong and of the way out, that an error of ours says at a raise site."""
    return tuple(site for path in sorted(SOURCES.rglob("*.py")) for site in _raised_in(path))


def _raised_in(path: Path) -> Iterator[tuple[str, str]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    outer = _assigned([node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)])
    for call, names in _raising(tree, outer):
        place = 1 if getattr(call.func, "id", "") == "MissingDependencyError" else 0
        sentences = [*call.args[place : place + 1], *(item.value for item in call.keywords if item.arg == "remedy")]
        for sentence in sentences:
            for text in _texts(sentence, names):
                yield f"{path.relative_to(SOURCES)}:{call.lineno}", text


def _raising(node: ast.AST, names: _Names) -> Iterator[tuple[ast.Call, _Names]]:
    """Every call that makes an error, with what the names around it may stand for."""
    for child in ast.iter_child_nodes(node):
        inner = names
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = {**names, **_assigned(ast.walk(child))}
        elif isinstance(child, ast.Call):
            name = getattr(child.func, "id", getattr(child.func, "attr", ""))
            if name in _RAISED or (name == "require" and isinstance(child.func, ast.Name)):
                yield child, names
        yield from _raising(child, inner)


def _assigned(nodes: Iterable[ast.AST]) -> _Names:
    names: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        value = node.value
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            pairs: list[tuple[ast.expr, ast.expr | None]] = [(target, value)]
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs = list(zip(target.elts, value.elts, strict=False))
            for name, given in pairs:
                if isinstance(name, ast.Name) and given is not None:
                    names.setdefault(name.id, []).append(given)
    return names


def _texts(node: ast.AST, names: _Names, depth: int = 0) -> list[str]:
    """What an expression may say; nothing for one that is made elsewhere."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        return ["".join(str(part.value) if isinstance(part, ast.Constant) else FILLED for part in node.values)]
    if isinstance(node, ast.IfExp):
        return [*_texts(node.body, names, depth), *_texts(node.orelse, names, depth)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = (_texts(part, names, depth) or [FILLED] for part in (node.left, node.right))
        return [before + after for before in left for after in right]
    if isinstance(node, ast.BoolOp):
        return [text for value in node.values for text in _texts(value, names, depth)]
    if isinstance(node, ast.Name) and depth < 3:
        return [text for value in names.get(node.id, []) for text in _texts(value, names, depth + 1)]
    return []
