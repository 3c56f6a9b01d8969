"""What a profile says: totals over everything in its tree, per sample and per parameter, and as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from setsuden.workload.profile.tree import Node, OperatorRow, OperatorTotal, UnknownOperator

if TYPE_CHECKING:
    from setsuden.workload.profile.roofline import Device, Precision, Roofline

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """The work of one pass over one batch. Counts are exact integers from shapes; MACs and FLOPs are never mixed.

    macs, flops                  forward, whole batch; flops = 2 x macs; contractions only
    training_macs                forward + recomputation + backward, whole batch; None when training was not run
    macs_per_parameter           forward MACs of one sample / trainable parameters; None without any
    trainable_share              0-1; None without parameters
    input_bytes, output_bytes    what goes in and comes out
    input_shapes, output_shapes  of each tensor that goes in and comes out, batch included, where it has one
    parameter_bytes              all parameters; ``buffer_bytes`` all buffers
    optimizer_bytes              optimiser state; None when no optimiser was run
    activation_elements, activation_bytes   outputs of contractions in the forward pass, whole batch
    saved_for_backward_bytes     kept for the backward pass, each storage once, without weights; None: no training
    bytes_read, bytes_written    sum over forward operators, each tensor once per operator, no cache assumed
    arithmetic_intensity         flops / (bytes_read + bytes_written)
    peak_bytes                   weights, buffers, inputs and the most that lived at once beside them (gradients and
                                 optimiser state included when they were made); kernels' inner scratch is outside
    macs_with_elementwise        macs plus the element-wise work that many published tables count, see ``elementwise``
    elementwise_elements         forward outputs of operators without contractions, a measure of the other work
    update_elements              elements written by the optimiser's step; None when no optimiser was run
    unknown_operators            operators whose work is missing from the count; empty means the count is complete
    device                       where it ran: meta, cpu, ...
    notes                        what the reader should know: fallbacks, conventions
    """

    name: str
    batch_size: int
    device: str
    parameters: int
    trainable_parameters: int
    parameter_bytes: int
    input_bytes: int
    output_bytes: int
    buffers: int
    buffer_bytes: int
    macs: int
    training_macs: int | None
    activation_elements: int
    activation_bytes: int
    saved_for_backward_bytes: int | None
    optimizer_bytes: int | None
    bytes_read: int
    bytes_written: int
    training_bytes_read: int | None
    training_bytes_written: int | None
    peak_bytes: int | None
    elementwise_elements: int
    update_elements: int | None
    tree: Node
    operators: tuple[OperatorTotal, ...]
    unknown_operators: tuple[UnknownOperator, ...] = ()
    notes: tuple[str, ...] = field(default=())
    input_shapes: tuple[Shape, ...] = ()
    output_shapes: tuple[Shape, ...] = ()

    @property
    def flops(self) -> int:
        """Forward floating-point operations of the contractions: two per MAC."""
        return 2 * self.macs

    @property
    def macs_with_elementwise(self) -> int:
        """Forward MACs in the convention of module-hook counters, for comparison with published tables."""
        from setsuden.workload.profile.elementwise import elementwise_macs

        return self.macs + elementwise_macs(
            row for _, node in self.tree.walk() for row in node.rows if row.phase == "forward"
        )

    @property
    def training_flops(self) -> int | None:
        """Two per training MAC; None when training was not run."""
        return None if self.training_macs is None else 2 * self.training_macs

    @property
    def macs_per_sample(self) -> float:
        """Forward MACs of one sample of the batch."""
        return self.macs / self.batch_size

    @property
    def training_ratio(self) -> float | None:
        """Training MACs over forward MACs; None when training was not run or nothing was counted."""
        return self.training_macs / self.macs if self.training_macs is not None and self.macs else None

    @property
    def trainable_share(self) -> float | None:
        """Trainable parameters over all (0-1); None without parameters."""
        return self.trainable_parameters / self.parameters if self.parameters else None

    @property
    def macs_per_parameter(self) -> float | None:
        """Forward MACs of one sample per trainable parameter; None without trainable parameters."""
        return self.macs_per_sample / self.trainable_parameters if self.trainable_parameters else None

    @property
    def activation_elements_per_sample(self) -> float:
        """Elements that contractions put out per sample."""
        return self.activation_elements / self.batch_size

    @property
    def activation_bytes_per_sample(self) -> float:
        """Bytes that contractions put out per sample."""
        return self.activation_bytes / self.batch_size

    @property
    def arithmetic_intensity(self) -> float | None:
        """FLOPs per byte moved in the forward pass; None where nothing moved."""
        return self.tree.arithmetic_intensity

    @property
    def unknown_share(self) -> float | None:
        """Share of output elements (0-1) from operators missing from the count; None where one has no known shape."""
        shares = [operator.share for operator in self.unknown_operators]
        known = [share for share in shares if share is not None]
        return sum(known) if len(known) == len(shares) else None

    @property
    def complete(self) -> bool:
        """Whether every operator with tensor output had a formula or is known to need none."""
        return not self.unknown_operators

    def roofline(
        self, device: Device | str, *, training: bool | None = None, precision: Precision = "fp32"
    ) -> Roofline:
        """The best time on a ``Device`` or on a processor of the catalogue; see ``roofline.bound``."""
        from setsuden.workload.profile.roofline import bound, device_named

        found = device_named(device, precision) if isinstance(device, str) else device
        return bound(self, found, training=training)

    def by_shape(self) -> tuple[OperatorRow, ...]:
        """Rows summed over modules, by operator, phase and shapes; most MACs first."""
        from setsuden.workload.profile.assemble import merged

        rows = merged(row for _, node in self.tree.walk() for row in node.rows)
        return tuple(sorted(rows, key=lambda row: (-row.macs, -row.bytes_written, row.operator)))

    def to_json(self) -> dict[str, Any]:
        """Plain data; its schema is published as ``profile``."""
        return {
            "schema": "setsuden:profile",
            "name": self.name,
            "batch_size": self.batch_size,
            "device": self.device,
            "parameters": self.parameters,
            "trainable_parameters": self.trainable_parameters,
            "trainable_share": self.trainable_share,
            "parameter_bytes": self.parameter_bytes,
            "input_bytes": self.input_bytes,
            "output_bytes": self.output_bytes,
            "input_shapes": [list(shape) for shape in self.input_shapes],
            "output_shapes": [list(shape) for shape in self.output_shapes],
            "buffers": self.buffers,
            "buffer_bytes": self.buffer_bytes,
            "macs": self.macs,
            "flops": self.flops,
            "macs_per_sample": self.macs_per_sample,
            "macs_with_elementwise": self.macs_with_elementwise,
            "macs_per_parameter": self.macs_per_parameter,
            "training_macs": self.training_macs,
            "training_ratio": self.training_ratio,
            "activation_elements": self.activation_elements,
            "activation_bytes": self.activation_bytes,
            "activation_bytes_per_sample": self.activation_bytes_per_sample,
            "saved_for_backward_bytes": self.saved_for_backward_bytes,
            "optimizer_bytes": self.optimizer_bytes,
            "bytes_read": self.bytes_read,
            "bytes_written": self.bytes_written,
            "training_bytes_read": self.training_bytes_read,
            "training_bytes_written": self.training_bytes_written,
            "arithmetic_intensity": self.arithmetic_intensity,
            "peak_bytes": self.peak_bytes,
            "elementwise_elements": self.elementwise_elements,
            "update_elements": self.update_elements,
            "unknown_operators": [operator.to_json() for operator in self.unknown_operators],
            "unknown_share": self.unknown_share,
            "notes": list(self.notes),
            "operators": [operator.to_json() for operator in self.operators],
            "tree": self.tree.to_json(),
        }
