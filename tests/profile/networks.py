"""Well-known networks written from their papers' shapes, so that no model library is needed."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812


def lenet5() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.Tanh(),
        nn.Linear(120, 84),
        nn.Tanh(),
        nn.Linear(84, 10),
    )


def m5() -> nn.Module:
    """One-dimensional key-word network on 8,000 samples."""
    layers: list[nn.Module] = []
    for width_in, width_out, kernel, stride in ((1, 32, 80, 16), (32, 32, 3, 1), (32, 64, 3, 1), (64, 64, 3, 1)):
        layers += [
            nn.Conv1d(width_in, width_out, kernel, stride),
            nn.BatchNorm1d(width_out),
            nn.ReLU(),
            nn.MaxPool1d(4),
        ]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(64, 35))


def unit(width_in: int, width_out: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width_in, width_out, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(width_out),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    def __init__(self, body: nn.Module, shortcut: nn.Module | None = None) -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut if shortcut is not None else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) + self.shortcut(x)


def resnet(blocks: tuple[int, int, int, int], bottleneck: bool) -> nn.Module:
    layers: list[nn.Module] = [unit(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)]
    width = 64
    for stage, count in enumerate(blocks):
        inner = 64 * 2**stage
        outer = inner * 4 if bottleneck else inner
        for block in range(count):
            stride = 2 if stage and not block else 1
            if bottleneck:
                body = nn.Sequential(unit(width, inner, 1), unit(inner, inner, 3, stride), unit(inner, outer, 1))
            else:
                body = nn.Sequential(unit(width, inner, 3, stride), unit(inner, inner))
            same = stride == 1 and width == outer
            layers.append(Residual(body, None if same else unit(width, outer, 1, stride)))
            width = outer
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 1000))


def vgg16() -> nn.Module:
    layers: list[nn.Module] = []
    width = 3
    for count, out in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)):
        for _ in range(count):
            layers += [nn.Conv2d(width, out, 3, padding=1), nn.ReLU(inplace=True)]
            width = out
        layers.append(nn.MaxPool2d(2))
    head = [
        nn.Flatten(),
        nn.Linear(25088, 4096),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(4096, 4096),
        nn.ReLU(),
        nn.Dropout(),
    ]
    return nn.Sequential(*layers, *head, nn.Linear(4096, 1000))


def mobilenet_v2() -> nn.Module:
    layers: list[nn.Module] = [unit(3, 32, 3, 2)]
    width = 32
    for expand, out, count, first_stride in (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ):
        for block in range(count):
            stride = first_stride if block == 0 else 1
            hidden = width * expand
            body: list[nn.Module] = [unit(width, hidden, 1)] if expand > 1 else []
            body += [
                unit(hidden, hidden, 3, stride, hidden),
                nn.Conv2d(hidden, out, 1, bias=False),
                nn.BatchNorm2d(out),
            ]
            block_of = nn.Sequential(*body)
            layers.append(Residual(block_of) if stride == 1 and width == out else block_of)
            width = out
    return nn.Sequential(*layers, unit(320, 1280, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000))


class Squeeze(nn.Module):
    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(width, inner, 1), nn.Conv2d(inner, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.up(F.silu(self.down(x.mean((2, 3), keepdim=True)))))


def efficientnet_b0() -> nn.Module:
    layers: list[nn.Module] = [unit(3, 32, 3, 2)]
    width = 32
    for expand, out, count, first_stride, kernel in (
        (1, 16, 1, 1, 3),
        (6, 24, 2, 2, 3),
        (6, 40, 2, 2, 5),
        (6, 80, 3, 2, 3),
        (6, 112, 3, 1, 5),
        (6, 192, 4, 2, 5),
        (6, 320, 1, 1, 3),
    ):
        for block in range(count):
            stride = first_stride if block == 0 else 1
            hidden = width * expand
            body: list[nn.Module] = [unit(width, hidden, 1)] if expand > 1 else []
            body += [unit(hidden, hidden, kernel, stride, hidden), Squeeze(hidden, width // 4)]
            body += [nn.Conv2d(hidden, out, 1, bias=False), nn.BatchNorm2d(out)]
            block_of = nn.Sequential(*body)
            layers.append(Residual(block_of) if stride == 1 and width == out else block_of)
            width = out
    return nn.Sequential(*layers, unit(320, 1280, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000))


class Dense(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 128, 1, bias=False),
            nn.BatchNorm2d(128),
            nn.ReLU(),
            nn.Conv2d(128, 32, 3, padding=1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.body(x)], 1)


def densenet121() -> nn.Module:
    layers: list[nn.Module] = [unit(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)]
    width = 64
    for stage, count in enumerate((6, 12, 24, 16)):
        if stage:
            layers += [nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, width // 2, 1, bias=False), nn.AvgPool2d(2)]
            width //= 2
        for _ in range(count):
            layers.append(Dense(width))
            width += 32
    return nn.Sequential(*layers, nn.BatchNorm2d(width), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 1000))


class Attention(nn.Module):
    """Multi-head self-attention over (batch, tokens, width), through PyTorch's fused function."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, width = x.shape
        q, k, v = self.qkv(x).view(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v)
        return self.out(y.transpose(1, 2).reshape(batch, tokens, width))


def encoder_block(width: int, heads: int, inner: int) -> nn.Module:
    attention = nn.Sequential(nn.LayerNorm(width), Attention(width, heads))
    mlp = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, inner), nn.GELU(), nn.Linear(inner, width))
    return nn.Sequential(Residual(attention), Residual(mlp))


class ViT(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 768, 16, 16)
        self.cls = nn.Parameter(torch.zeros(1, 1, 768))
        self.position = nn.Parameter(torch.zeros(1, 197, 768))
        self.blocks = nn.Sequential(*[encoder_block(768, 12, 3072) for _ in range(12)])
        self.head = nn.Linear(768, 1000)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(len(x), -1, -1), x], 1) + self.position
        return self.head(self.blocks(x)[:, 0])


class Window(nn.Module):
    """Attention inside 7 x 7 windows, shifted on request; positions are written out, as the shapes ask for no more."""

    def __init__(self, width: int, heads: int, shift: int) -> None:
        super().__init__()
        self.attention, self.shift = Attention(width, heads), shift

    def forward(self, x: Tensor) -> Tensor:
        batch, side, _, width = x.shape
        if self.shift:
            x = torch.roll(x, (-self.shift, -self.shift), (1, 2))
        n = side // 7
        windows = x.view(batch, n, 7, n, 7, width).transpose(2, 3).reshape(-1, 49, width)
        x = self.attention(windows).view(batch, n, n, 7, 7, width).transpose(2, 3).reshape(batch, side, side, width)
        return torch.roll(x, (self.shift, self.shift), (1, 2)) if self.shift else x


class Merge(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.reduce = nn.LayerNorm(4 * width), nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        parts = [x[:, i::2, j::2] for i in (0, 1) for j in (0, 1)]
        return self.reduce(self.norm(torch.cat(parts, -1)))


class Swin(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 96, 4, 4)
        layers: list[nn.Module] = []
        width = 96
        for stage, (count, heads) in enumerate(((2, 3), (2, 6), (6, 12), (2, 24))):
            if stage:
                layers.append(Merge(width))
                width *= 2
            for block in range(count):
                shift = 3 if block % 2 and stage < 3 else 0
                mlp = nn.Sequential(
                    nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
                )
                layers += [Residual(nn.Sequential(nn.LayerNorm(width), Window(width, heads, shift))), Residual(mlp)]
        self.layers = nn.Sequential(*layers)
        self.head = nn.Linear(768, 1000)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layers(self.patch(x).permute(0, 2, 3, 1)).mean((1, 2)))


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down1, self.down2, self.bottom = unit(3, 16), unit(16, 32), unit(32, 64)
        self.up2, self.join2 = nn.ConvTranspose2d(64, 32, 2, 2), unit(64, 32)
        self.up1, self.join1 = nn.ConvTranspose2d(32, 16, 2, 2), unit(32, 16)
        self.head = nn.Conv2d(16, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        c = self.bottom(F.max_pool2d(b, 2))
        d = self.join2(torch.cat([self.up2(c), b], 1))
        return self.head(self.join1(torch.cat([self.up1(d), a], 1)))


class Recurrent(nn.Module):
    def __init__(self, kind: type[nn.RNNBase], width: int, hidden: int, layers: int, both_ways: bool = False) -> None:
        super().__init__()
        self.cells = kind(width, hidden, layers, batch_first=True, bidirectional=both_ways)

    def forward(self, x: Tensor) -> Tensor:
        return self.cells(x)[0]


class Experts(nn.Module):
    """Top-2 of ``experts``, rows sorted by expert and multiplied group by group."""

    def __init__(self, width: int, inner: int, experts: int) -> None:
        super().__init__()
        self.gate = nn.Linear(width, experts, bias=False)
        self.up = nn.Parameter(torch.zeros(experts, width, inner, dtype=torch.bfloat16))
        self.down = nn.Parameter(torch.zeros(experts, inner, width, dtype=torch.bfloat16))

    def forward(self, x: Tensor) -> Tensor:
        chosen = self.gate(x).topk(2, -1).indices.flatten()
        order = chosen.argsort()
        rows = x.repeat_interleave(2, 0)[order].to(torch.bfloat16)
        experts = torch.arange(self.up.shape[0], device=x.device)
        ends = (chosen[None] == experts[:, None]).sum(1).cumsum(0).to(torch.int32)
        hidden = torch._grouped_mm(rows, self.up, offs=ends)
        return torch._grouped_mm(hidden, self.down, offs=ends)
