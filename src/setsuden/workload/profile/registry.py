"""What an operator costs: a formula, nothing on purpose, or unknown.

register("mylib::scaled_matmul", lambda a, b, scale: a.shape[0] * a.shape[1] * b.shape[1])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from setsuden.errors import InputError
from setsuden.workload.profile.formulas import Formula, all_formulas
from setsuden.workload.profile.formulas.free import is_free
from setsuden.workload.profile.formulas.traffic import Reader, reader_of
from setsuden.workload.profile.shapekernels import Kernel, shape_kernel


class Kind(IntEnum):
    """How an operator is treated when it runs."""

    COUNTED = 0  # has a formula
    FREE = 1  # no contraction in it
    VIEW = 2  # moves nothing
    COMPOSITE = 3  # made of other operators, which are counted instead
    UNKNOWN = 4  # nobody described it


@dataclass(frozen=True, slots=True)
class Rule:
    """How to treat an operator.

    formula   its MACs
    reader    bytes it reads, where inputs are not read in full
    shape     its output on meta, where PyTorch cannot tell
    """

    kind: Kind
    name: str
    formula: Formula | None = None
    reader: Reader | None = None
    shape: Kernel | None = None


_formulas = all_formulas()
_builtin = frozenset(_formulas)
_rules: dict[Any, Rule] = {}


def register(op: Any, formula: Callable[..., int]) -> None:
    """Declare the MACs of a custom operator, for every profile from now on.

    op        ``"namespace::name"``, ``torch.ops.namespace.name`` (with or without overload) or what
              ``torch.library.custom_op`` returned
    formula   called with the operator's own arguments, returns MACs; ``lambda *_: 0`` declares that it has none

    Raises InputError when ``op`` does not name an operator.
    """
    name = _name_of(op)

    def adapted(args: Sequence[Any], kwargs: Mapping[str, Any], out: Any) -> int:
        return int(formula(*args, **kwargs))

    _formulas[name] = adapted
    _rules.clear()


def unregister(op: Any) -> None:
    """Take back what ``register`` declared; a formula of ours that it replaced comes back."""
    name = _name_of(op)
    _formulas.pop(name, None)
    if name in _builtin:
        _formulas[name] = all_formulas()[name]
    _rules.clear()


def _name_of(op: Any) -> str:
    name = op if isinstance(op, str) else None
    if name is None:
        name = getattr(op, "_qualified_op_name", None) or getattr(op, "_qualname", None)
    if name is None and hasattr(op, "_overloadpacket"):
        name = op._overloadpacket._qualified_op_name
    if not isinstance(name, str) or name.count("::") != 1 or not all(name.split("::")):
        raise InputError(
            "not an operator",
            place="register",
            value=op,
            remedy='Give "namespace::name", torch.ops.namespace.name or a custom_op.',
        )
    return name.split(".")[0]


def rule_of(func: Any) -> Rule:
    """The rule of an operator overload or higher-order operator, remembered."""
    rule = _rules.get(func)
    if rule is None:
        rule = _rules[func] = _find(func)
    return rule


def _find(func: Any) -> Rule:
    import torch

    packet = getattr(func, "_overloadpacket", None)
    if packet is None:
        name = f"higher_order::{func.name()}"
        formula = _formulas.get(name)
        return Rule(Kind.COUNTED if formula else Kind.UNKNOWN, name, formula)
    name = packet._qualified_op_name
    formula = _formulas.get(name) or _formulas.get(name.removesuffix("_"))
    reader = reader_of(name)
    if formula is not None:
        return Rule(Kind.COUNTED, name, formula, reader, shape_kernel(name))
    if func.is_view or name in _VIEWS or name.startswith("profiler::"):
        return Rule(Kind.VIEW, name)
    if func.has_kernel_for_dispatch_key(torch._C.DispatchKey.CompositeImplicitAutograd):
        return Rule(Kind.COMPOSITE, name)
    tags = func.tags
    if torch.Tag.pointwise in tags or torch.Tag.reduction in tags or is_free(name, frozenset(_formulas)):
        return Rule(Kind.FREE, name, None, reader, shape_kernel(name))
    if not any("Tensor" in str(result.type) for result in func._schema.returns):
        return Rule(Kind.FREE, name, None, reader)
    return Rule(Kind.UNKNOWN, name, None, reader)


_VIEWS = frozenset(
    {
        "aten::detach_",
        "aten::t_",
        "aten::squeeze_",
        "aten::unsqueeze_",
        "aten::transpose_",
        "aten::lift_fresh",
        "aten::as_strided_",
    }
)
