"""What is known of a task before it is trained: its model's size and work per sample, and the header of its trace."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from setsuden.federated.compression import SubModel
from setsuden.federated.compression.base import HEADER_BYTES
from setsuden.federated.trace import Header
from setsuden.workload.profile import profile
from setsuden.workload.zoo import build

if TYPE_CHECKING:
    from torch import nn

    from setsuden.federated.task import FederatedTask
    from setsuden.workload.data import Dataset

_PROFILED_BATCH = 2  # normalisation layers need two samples


@dataclass(frozen=True, slots=True)
class WorkFacts:
    """Of one model: numbers it exchanges, trainable ones among them, MACs per sample forward and in training."""

    size: int
    trainable: int
    forward_macs: float
    training_macs: float
    normalises: bool


def build_model(task: FederatedTask) -> nn.Module:
    """The model of the task with weights from its seed."""
    data = task.data
    return build(
        task.model,
        input_shape=data.input_shape,
        num_classes=data.num_classes,
        vocabulary=data.vocabulary,
        seed=task.seed,
    )


def work_facts(task: FederatedTask, module: nn.Module) -> tuple[WorkFacts, ...]:
    """Of the whole model, then of the sub-model of each device class where there are any."""
    from setsuden.federated.narrow import narrowed

    parts = narrowed(task, module) if isinstance(task.compression, SubModel) else ()
    return (_facts(task, module), *(_facts(task, part.module) for part in parts))


def work_of(task: FederatedTask, work: tuple[WorkFacts, ...], client: int) -> WorkFacts:
    """Of the model that a client trains; ``work`` as ``work_facts`` gives it."""
    return work[1 + task.compression.class_of(client)] if isinstance(task.compression, SubModel) else work[0]


def _facts(task: FederatedTask, module: nn.Module) -> WorkFacts:
    import torch
    from torch import nn

    sample = torch.from_numpy(np.ascontiguousarray(task.data.x_train[:1]))
    batch = sample.repeat(_PROFILED_BATCH, *[1] * (sample.ndim - 1))
    found = profile(module.train(), batch, train=True, batch_size=_PROFILED_BATCH)
    trainable = sum(part.numel() for part in module.parameters() if part.requires_grad)
    others = sum(part.numel() for part in module.parameters() if not part.requires_grad)
    buffers = sum(part.numel() for part in module.buffers() if part.is_floating_point())
    assert found.training_macs is not None
    return WorkFacts(
        size=trainable + others + buffers,
        trainable=trainable,
        forward_macs=found.macs / _PROFILED_BATCH,
        training_macs=found.training_macs / _PROFILED_BATCH,
        normalises=any(isinstance(part, nn.modules.batchnorm._BatchNorm) for part in module.modules()),
    )


def raw_sample_bytes(data: Dataset) -> int:
    """Bytes of one sample as it would be sent raw: pixels 1 byte, sound waves 2, tokens and other figures 4; the label.

    Uncompressed and by convention: what a camera or microphone really sends is the user's to state.
    """
    wave = data.domain == "audio" and len(data.input_shape) == 2 and data.input_shape[0] == 1
    each = 1 if data.domain == "image" else 2 if wave else 4
    return each * math.prod(data.input_shape) + (1 if data.num_classes <= 256 else 2)


def header_of(
    task: FederatedTask,
    work: WorkFacts,
    *,
    engine: str,
    clock: str,
    regions: tuple[str, ...] | None,
    reached_round: int | None = None,
    stop_reason: str | None = None,
    spectral_gap: float | None = None,
) -> Header:
    """The header of the task's trace; ``work`` of the whole model."""
    data = task.data
    return Header(
        study=task.study,
        model=task.model,
        parameters=work.size,
        model_bytes=HEADER_BYTES + 4 * work.size,
        forward_macs=work.forward_macs,
        training_macs=work.training_macs,
        data=data.name,
        data_source=data.source,
        data_licence=data.licence,
        stand_in=data.stand_in,
        sample_bytes=raw_sample_bytes(data),
        client_samples=tuple(len(rows) for rows in task.partition.indices),
        partition=task.partition.name,
        algorithm=task.algorithm.name,
        topology=task.topology.name,
        selection=task.selection.name,
        compression=task.compression.name,
        privacy=task.privacy.name if task.privacy is not None else None,
        batch_size=task.local.batch_size,
        local_epochs=task.local.epochs,
        engine=engine,
        clock=clock,
        seed=task.seed,
        target=task.stop.target,
        reached_round=reached_round,
        stop_reason=stop_reason,
        spectral_gap=spectral_gap,
        regions=regions,
    )
