"""Operators that do no tensor contraction: zero MACs on purpose, as opposed to operators nobody has described.

Operators that PyTorch itself tags as point-wise or as reductions are known by their tag; ``free.txt`` lists the rest.
"""

from __future__ import annotations

from importlib.resources import files


def _listed() -> frozenset[str]:
    text = files(__package__).joinpath("free.txt").read_text(encoding="utf-8")
    names = (name for line in text.splitlines() if not line.startswith("#") for name in line.split())
    return frozenset(name if "::" in name else f"aten::{name}" for name in names)


FREE = _listed()

_SUFFIXES = ("_backward_data", "_backward_impl", "_dense_backward", "_backward", "_jvp")


def is_free(name: str, counted: frozenset[str]) -> bool:
    """Whether ``namespace::name`` is known to contract nothing; in-place, list and backward forms follow their base.

    counted   operators with a formula, whose backward must not pass as free
    """
    namespace, _, base = name.partition("::")
    if namespace in ("prim", "prims", "inductor_prims", "profiler"):
        return True
    candidates = [base, base.removesuffix("_"), base.removeprefix("_foreach_").removesuffix("_")]
    for suffix in _SUFFIXES:
        if base.endswith(suffix):
            stem = base.removesuffix(suffix)
            if f"{namespace}::{stem}" in counted or f"{namespace}::{stem.removeprefix('_')}" in counted:
                return False
            candidates += [stem, stem.removeprefix("_"), stem + "_forward"]
    return any(f"{namespace}::{candidate}" in FREE for candidate in candidates)
