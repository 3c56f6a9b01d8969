"""A custom operator is never a silent zero: it is named, and one line declares its work."""

from __future__ import annotations

import torch
from torch import Tensor

from setsuden.workload.profile import profile, register


@torch.library.custom_op("examples::product", mutates_args=())
def product(a: Tensor, b: Tensor) -> Tensor:
    return torch.from_numpy(a.numpy() @ b.numpy())


@product.register_fake
def _(a: Tensor, b: Tensor) -> Tensor:
    return a.new_empty(a.shape[0], b.shape[1])


class Model(torch.nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return product(x, x.T.contiguous())


def main() -> None:
    x = torch.zeros(64, 32)
    before = profile(Model(), x)
    for operator in before.unknown_operators:
        print(f"not counted: {operator.operator}")
    register("examples::product", lambda a, b: a.numel() * b.shape[1])
    print(f"declared: {profile(Model(), x, strict=True).macs:,} MACs")


if __name__ == "__main__":
    main()
