"""One adapter per counter: (model, inputs) -> forward multiply-accumulates. Each tool is imported when it is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

Counter = Callable[[nn.Module, tuple[Any, ...]], float]


class Packed(nn.Module):
    """Takes all inputs as one argument, for tools that call a model with one."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: tuple[Any, ...]) -> Any:
        return self.model(*batch)


def setsuden(model: nn.Module, inputs: tuple[Any, ...]) -> float:
    from setsuden.workload.profile import count_macs

    with torch.no_grad():
        return count_macs(model, *inputs)


def flop_counter_mode(model: nn.Module, inputs: tuple[Any, ...]) -> float:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(*inputs)
    return counter.get_total_flops() / 2


def deepspeed(model: nn.Module, inputs: tuple[Any, ...]) -> float:
    from deepspeed.profiling.flops_profiler import get_model_profile

    _, macs, _ = get_model_profile(model, args=list(inputs), print_profile=False, as_string=False, warm_up=0)
    return float(macs)


def fvcore(model: nn.Module, inputs: tuple[Any, ...]) -> float:
    from fvcore.nn import FlopCountAnalysis

    analysis = FlopCountAnalysis(model, inputs)
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")
    return float(analysis.total())


def ptflops(model: nn.Module, inputs: tuple[Any, ...]) -> float:
    from ptflops import get_model_complexity_info

    macs, _ = get_model_complexity_info(
        Packed(model),
        (1,),
        input_constructor=lambda _: inputs,
        backend="aten",
        as_strings=False,
        print_per_layer_stat=False,
        verbose=False,
    )
    if macs is None:
        raise RuntimeError("no result")
    return float(macs)


def thop(model: nn.Module, inputs: tuple[Any, ...]) -> float:
    from thop import profile

    return float(profile(model, inputs=inputs, verbose=False)[0])


def torchinfo(model: nn.Module, inputs: tuple[Any, ...]) -> float:
    from torchinfo import summary

    device = next(value.device for value in inputs if isinstance(value, torch.Tensor))
    return float(summary(model, input_data=list(inputs), verbose=0, device=device).total_mult_adds)


def calflops(model: nn.Module, inputs: tuple[Any, ...]) -> float:
    from calflops import calculate_flops

    _, macs, _ = calculate_flops(
        model, args=list(inputs), print_results=False, output_as_string=False, print_detailed=False
    )
    return float(macs)


def torchprofile(model: nn.Module, inputs: tuple[Any, ...]) -> float:
    from torchprofile import profile_macs

    return float(profile_macs(model, inputs))


TOOLS: dict[str, tuple[Counter, str | None]] = {  # adapter, distribution to ask for its version
    "setsuden": (setsuden, "setsuden"),
    "FlopCounterMode": (flop_counter_mode, None),
    "deepspeed": (deepspeed, "deepspeed"),
    "fvcore": (fvcore, "fvcore"),
    "ptflops": (ptflops, "ptflops"),
    "thop": (thop, "thop"),
    "torchinfo": (torchinfo, "torchinfo"),
    "calflops": (calflops, "calflops"),
    "torchprofile": (torchprofile, "torchprofile"),
}
