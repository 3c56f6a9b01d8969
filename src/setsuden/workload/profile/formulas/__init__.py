"""Multiply-accumulates of every operator we know, one file per family, from tensor shapes alone.

A formula is called with the operator's positional arguments, its keyword arguments and its output, and returns the
multiply-accumulates (MACs) of its tensor contractions as an int. Biases, normalisation, soft-max, pooling, padding and
element-wise work are outside by convention; taps that fall on padding are inside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Formula = Callable[[Sequence[Any], Mapping[str, Any], Any], int]
Table = dict[str, Formula]


def argument(args: Sequence[Any], kwargs: Mapping[str, Any], place: int, name: str) -> Any:
    """The argument of an operator call, given by place or by name; None when it was left to its default."""
    return args[place] if len(args) > place else kwargs.get(name)


def first(out: Any) -> Any:
    """The first tensor an operator returned."""
    return out[0] if isinstance(out, (tuple, list)) else out


def all_formulas() -> Table:
    """Operator name (``aten::mm``) to formula, of all families."""
    from setsuden.workload.profile.formulas import attention, convolution, matmul, quantised, recurrent

    table: Table = {}
    for family in (convolution, matmul, attention, recurrent, quantised):
        table |= family.FORMULAS
    return table
