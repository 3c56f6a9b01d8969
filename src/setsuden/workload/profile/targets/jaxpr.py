"""Counts a jaxpr, JAX's intermediate form, without compiling: loop bodies times their trip counts, nothing estimated.

Taps that fall on padding are counted, as everywhere here, until each input element has met each weight once. (XLA's own
cost analysis leaves them out, and counts the body of a loop once.)
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from math import prod
from typing import Any

from setsuden.workload.profile.assemble import FORWARD
from setsuden.workload.profile.tree import OperatorRow

_MOVES_NOTHING = frozenset({"reshape", "squeeze", "expand_dims", "broadcast_in_dim", "stop_gradient"})


def _free() -> frozenset[str]:
    text = files(__package__).joinpath("jax_free.txt").read_text(encoding="utf-8")
    return frozenset(name for line in text.splitlines() if not line.startswith("#") for name in line.split())


_FREE = _free()


class Jaxpr:
    """Rows by scope of a jaxpr; ``notes`` say where a trip count or branch depends on data."""

    def __init__(self, phase: str = FORWARD) -> None:
        self.phase = phase
        self.rows: dict[str, list[OperatorRow]] = {}
        self.notes: list[str] = []

    def walk(self, jaxpr: Any, repeat: int = 1, scope: str = "") -> None:
        """Count ``jaxpr`` (closed or open) ``repeat`` times."""
        for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns:
            self._equation(equation, repeat, scope)

    def macs(self) -> int:
        """MACs of all rows."""
        return sum(row.macs for rows in self.rows.values() for row in rows)

    def _equation(self, equation: Any, repeat: int, scope: str) -> None:
        name, params = equation.primitive.name, equation.params
        stack = str(equation.source_info.name_stack).strip("/")
        scope = "/".join(part for part in (scope, stack) if part)
        if name == "scan":
            self.walk(params["jaxpr"], repeat * int(params["length"]), scope)
        elif name == "while":
            self._note(f"a while loop{' in ' + scope if scope else ''} ends on data: one round is counted")
            self._book(equation, 0, repeat, scope, unknown=True)
            self.walk(params["body_jaxpr"], repeat, scope)
        elif name == "cond":
            self._branch(params["branches"], repeat, scope)
        elif name in _COUNTS:
            self._book(equation, _COUNTS[name](equation) * repeat, repeat, scope)
        else:
            inner = [value for value in params.values() if hasattr(value, "eqns") or hasattr(value, "jaxpr")]
            inner = [value for value in inner if hasattr(getattr(value, "jaxpr", value), "eqns")]
            if inner and name != "pallas_call":
                # calls, jit, remat, custom derivatives: the first jaxpr is what runs
                self.walk(inner[0], repeat, scope)
            elif name not in _MOVES_NOTHING:
                self._book(equation, 0, repeat, scope, unknown=name not in _FREE)

    def _branch(self, branches: Any, repeat: int, scope: str) -> None:
        tries = []
        for branch in branches:
            inner = Jaxpr(self.phase)
            inner.walk(branch, repeat, scope)
            tries.append(inner)
        if len({inner.macs() for inner in tries}) > 1:
            self._note("a branch depends on data: the costlier one is counted")
        best = max(tries, key=Jaxpr.macs)
        for at, rows in best.rows.items():
            self.rows.setdefault(at, []).extend(rows)
        for note in best.notes:
            self._note(note)

    def _book(self, equation: Any, macs: int, repeat: int, scope: str, *, unknown: bool = False) -> None:
        ins = [variable.aval for variable in equation.invars if hasattr(variable.aval, "shape")]
        outs = [variable.aval for variable in equation.outvars if hasattr(variable.aval, "shape")]
        written = sum(_nbytes(value) for value in outs)
        read = written if equation.primitive.name == "gather" else sum(_nbytes(value) for value in ins)
        row = OperatorRow(
            f"jax::{equation.primitive.name}",
            self.phase,
            tuple(tuple(int(size) for size in value.shape) for value in ins),
            repeat,
            macs,
            read * repeat,
            written * repeat,
            sum(prod(value.shape) for value in outs) * repeat,
            unknown,
        )
        self.rows.setdefault(scope, []).append(row)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def _nbytes(value: Any) -> int:
    return int(prod(value.shape)) * int(getattr(value.dtype, "itemsize", 4))


def _dot(equation: Any) -> int:
    left, right = (variable.aval.shape for variable in equation.invars[:2])
    (contracted, _), (batched, _) = equation.params["dimension_numbers"]
    inner = prod(left[axis] for axis in contracted)
    rows = prod(size for axis, size in enumerate(left) if axis not in (*contracted, *batched))
    return int(prod(right) * rows) if inner else 0


def _ragged_dot(equation: Any) -> int:
    """Rows sorted by expert: each meets one expert's matrix."""
    left, right = (variable.aval.shape for variable in equation.invars[:2])
    numbers = equation.params["ragged_dot_dimension_numbers"]
    (contracted, met), (batched, _) = numbers.dot_dimension_numbers
    groups = prod(right[axis] for axis in numbers.rhs_group_dimensions)
    inner = prod(left[axis] for axis in contracted)
    rows = prod(size for axis, size in enumerate(left) if axis not in (*contracted, *batched))
    columns = prod(right) // max(1, groups * prod(right[axis] for axis in met))
    return int(rows * inner * columns)


def _convolution(equation: Any) -> int:
    left, right = (variable.aval.shape for variable in equation.invars[:2])
    out = equation.outvars[0].aval.shape
    numbers = equation.params["dimension_numbers"]
    by_input = prod(left) * prod(right) // left[numbers.lhs_spec[1]] // equation.params["batch_group_count"]
    if any(step != 1 for step in equation.params["lhs_dilation"]):
        # transposed: zeros put between inputs are not worked on, each input meets its weights once
        return int(by_input)
    # an input gradient pads until its output outgrows its input: no element meets a weight twice there either
    return int(min(by_input, prod(out) * prod(right) // right[numbers.rhs_spec[0]]))


_COUNTS: Mapping[str, Any] = {
    "dot_general": _dot,
    "ragged_dot": _ragged_dot,
    "ragged_dot_general": _ragged_dot,
    "conv_general_dilated": _convolution,
}
