"""JAX functions, traced to a jaxpr with shapes only: nothing is compiled or run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from setsuden.errors import InputError, MissingDependencyError
from setsuden.workload.profile.assemble import BACKWARD, assembled, by_scope
from setsuden.workload.profile.errors import UnknownOperatorError
from setsuden.workload.profile.result import Profile
from setsuden.workload.profile.targets.jaxpr import Jaxpr
from setsuden.workload.profile.tree import OperatorRow

_NOTE = "counted from the jaxpr, before XLA fuses: bytes are an upper bound; taps on padding are counted"


@dataclass(slots=True)
class JaxWork:
    """A function with its arguments: arrays or ``jax.ShapeDtypeStruct``, nested as JAX allows.

    trained   the argument whose gradient a training step takes; its leaves are the parameters
    """

    fn: Callable[..., Any]
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    batch_size: int | None
    name: str = ""
    trained: int = 0
    parameters: int | None = None

    def profile(
        self, *, train: bool, loss: Callable[[Any], Any] | None, optimizer: Any, device: str, strict: bool
    ) -> Profile:
        """Trace and count; with ``train`` the gradient for the first argument too."""
        jax = _jax()
        if optimizer is not None:
            raise InputError("optimisers of JAX functions are not known here", place="optimizer")
        closed, out = jax.make_jaxpr(self.fn, return_shape=True)(*self.args, **self.kwargs)
        forward = Jaxpr()
        forward.walk(closed)
        rows, notes = dict(forward.rows), list(forward.notes)
        if train:
            step = Jaxpr(BACKWARD)
            step.walk(jax.make_jaxpr(jax.value_and_grad(self._objective(jax, loss), self.trained))(*self.args))
            for scope, extra in _difference(step, forward).items():
                rows[scope] = [*rows.get(scope, []), *extra]
            notes += [note for note in step.notes if note not in notes]
        if strict:
            for found in rows.values():
                for row in found:
                    if row.unknown:
                        raise UnknownOperatorError(row.operator)
        weights = jax.tree_util.tree_leaves(self.args[self.trained]) if train and self.args else []
        counted = sum(prod(leaf.shape) for leaf in weights)
        parameters = self.parameters if self.parameters is not None else counted
        name = self.name or getattr(self.fn, "__name__", "function")
        given = jax.tree_util.tree_leaves((self.args, dict(self.kwargs)))
        returned = jax.tree_util.tree_leaves(out)
        held = {id(leaf) for leaf in weights}
        return assembled(
            by_scope(name, "jaxpr", rows),
            name=name,
            batch_size=self.batch_size or 1,
            device="jaxpr",
            parameters=parameters,
            parameter_bytes=4 * parameters if self.parameters is not None else _bytes(weights),
            input_bytes=_bytes(given) - _bytes(weights),
            output_bytes=_bytes(returned),
            trained=False,
            notes=(_NOTE, *notes),
            input_shapes=[leaf.shape for leaf in given if hasattr(leaf, "shape") and id(leaf) not in held],
            output_shapes=[leaf.shape for leaf in returned],
        )

    def _objective(self, jax: Any, loss: Callable[[Any], Any] | None) -> Callable[..., Any]:
        def squares(out: Any) -> Any:
            leaves = [
                leaf for leaf in jax.tree_util.tree_leaves(out) if jax.numpy.issubdtype(leaf.dtype, jax.numpy.inexact)
            ]
            return sum((abs(leaf) ** 2).sum() for leaf in leaves)

        return lambda *args: (loss or squares)(self.fn(*args, **self.kwargs))


def _difference(step: Jaxpr, forward: Jaxpr) -> dict[str, list[OperatorRow]]:
    """What a training step does beyond the forward pass, operator by operator and shape by shape."""
    done: dict[tuple[object, ...], list[int]] = {}
    for row in (row for rows in forward.rows.values() for row in rows):
        figures = done.setdefault((row.operator, row.shapes), [0] * 5)
        for place, figure in enumerate((row.calls, row.macs, row.bytes_read, row.bytes_written, row.elements)):
            figures[place] += figure
    rest: dict[str, list[OperatorRow]] = {}
    for row in (row for rows in step.rows.values() for row in rows):
        figures = done.get((row.operator, row.shapes), [0] * 5)
        left = []
        for place, figure in enumerate((row.calls, row.macs, row.bytes_read, row.bytes_written, row.elements)):
            taken = min(figure, figures[place])
            figures[place] -= taken
            left.append(figure - taken)
        if left[0]:
            more = OperatorRow(
                row.operator, BACKWARD, row.shapes, left[0], left[1], left[2], left[3], left[4], row.unknown
            )
            rest.setdefault("", []).append(more)
    return rest


def _bytes(leaves: Sequence[Any]) -> int:
    return sum(prod(leaf.shape) * leaf.dtype.itemsize for leaf in leaves if hasattr(leaf, "dtype"))


def _jax() -> Any:
    try:
        import jax
    except ImportError as error:
        raise MissingDependencyError("jax", "A JAX function", "jax") from error
    return jax
