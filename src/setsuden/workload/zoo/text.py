"""Text classifiers over token numbers: an LSTM and a small Transformer encoder. Token 0 is padding."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn


def lstm(input_shape: Sequence[int], num_classes: int, *, vocabulary: int) -> nn.Module:
    """Embedding of 64, one LSTM of 128 units, linear layer on the state after the last word."""
    return _LstmClassifier(vocabulary, 64, 128, num_classes)


def transformer(input_shape: Sequence[int], num_classes: int, *, vocabulary: int) -> nn.Module:
    """Two encoder layers of width 128 with 4 heads (Vaswani et al. 2017), mean over words, linear layer."""
    return _TransformerClassifier(vocabulary, input_shape[0], 128, 4, 2, num_classes)


class _LstmClassifier(nn.Module):
    def __init__(self, vocabulary: int, width: int, units: int, num_classes: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width, padding_idx=0)
        self.lstm = nn.LSTM(width, units, batch_first=True)
        self.head = nn.Linear(units, num_classes)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(N, length) int64 to (N, classes)."""
        states, _ = self.lstm(self.embedding(tokens))
        last = (tokens != 0).sum(dim=1).clamp(min=1) - 1  # padding stands at the end
        logits: torch.Tensor = self.head(states[torch.arange(len(tokens), device=tokens.device), last])
        return logits


class _TransformerClassifier(nn.Module):
    def __init__(self, vocabulary: int, length: int, width: int, heads: int, depth: int, num_classes: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width, padding_idx=0)
        self.position = nn.Parameter(torch.empty(1, length, width).normal_(std=0.02))
        self.blocks = nn.ModuleList(_EncoderBlock(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, num_classes)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(N, length) int64 to (N, classes)."""
        padding = tokens == 0
        padding = padding & ~padding.all(dim=1, keepdim=True)  # an empty text attends to its padding
        x = self.embedding(tokens) + self.position
        for block in self.blocks:
            x = block(x, padding)
        kept = (~padding).unsqueeze(2).to(x.dtype)
        mean = (self.norm(x) * kept).sum(dim=1) / kept.sum(dim=1)
        logits: torch.Tensor = self.head(mean)
        return logits


class _EncoderBlock(nn.Module):
    """Normalise, attend, add; normalise, two linear layers, add."""

    def __init__(self, width: int, heads: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, dropout=dropout, batch_first=True)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 4 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(4 * width, width),
        )

    def forward(self, x: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
        """(N, length, width), padding (N, length) true where a position is empty; shape is kept."""
        normed = self.attention_norm(x)
        attended, _ = self.attention(normed, normed, normed, key_padding_mask=padding, need_weights=False)
        x = x + attended
        total: torch.Tensor = x + self.feed_forward(x)
        return total
