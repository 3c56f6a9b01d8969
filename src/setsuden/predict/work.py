"""What one unit of work uses up where the columns of a table say more than its sizes: transformers and training power.

A transformer of width h and L layers has 12 L h^2 parameters beside its embedding and does params + 2 T L h
multiply-accumulates a token over T tokens, so both its depth and its width follow from the columns (Narayanan et al.
2021, section 2 of the appendix, without the constant terms).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from setsuden.predict.frame import Floats

_VOCABULARY = 50_257  # tokens of the public GPT-2 vocabulary, most used in what was measured
_WIDTH_OVER_DEPTH = 80.0  # of a transformer whose columns do not tell: 2.7 billion parameters of GPT-3
_HEAD = 64  # width of an attention head
# Passes over an array of tokens x width in one layer outside matrix products, and over one of tokens x tokens x heads
# in the attention of one layer, each element read or written once; counted in an unfused GPT-2 layer.
_PASSES, _ATTENTION_PASSES = 60.0, 8.0
_FUSED = 0.4  # of that traffic stays when a compiler fuses it, as seen on one card
_FLOAT_BYTES = 4
_STAGES = re.compile(r"pp(\d+)_(\d+)")

# Tokens of a request before the first answer, assumed: a question, a chat turn, an image or a video in tokens, a file.
_PROMPTS = {"gpqa": 300.0, "image-chat": 1500.0, "video-chat": 5000.0, "sourcegraph-fim": 6000.0}
_PROMPT = 300.0
_ALWAYS_ON = 0.4  # of the active parameters of a mixture of experts: attention and what else every token passes

# 32-bit operations a joule of design power buys outside tensor cores, and how they grow (Koomey and Naffziger 2016);
# chosen on matrix products and transformers on ten cards, the smallest of which cannot hold half of their peak.
_SUSTAINED_PER_JOULE, _SUSTAINED_YEAR, _DOUBLING_YEARS, _CORNER = 7e10, 2018, 2.6, 8.0

# A step with as much arithmetic as the device does in this time at its peak keeps it busy half of the time; the
# sharpness was read off small networks at batches of 8 to 8192 on four cards.
_HALF_BUSY_S, _SHARPNESS = 1.7e-3, 2.0
# Work that meets no limit draws this share of the design power; how sharply draw and limit meet, likewise.
_UNLIMITED_SHARE, _MEETING = 0.9, 6.0


@dataclass(frozen=True, slots=True)
class Transformer:
    """The shape of dense transformers as arrays, one entry a row; ``width_depth`` is width x layers."""

    params: Floats
    width_depth: Floats
    depth: Floats


def transformer(params: Floats, macs: Floats, tokens: Floats) -> Transformer:
    """Width and depth of transformers from parameters and multiply-accumulates of one sequence.

    params   above zero, embedding included; macs and tokens of one forward pass; NaN or too few macs: a usual shape
    """
    usual = (params / (12 * _WIDTH_OVER_DEPTH**2)) ** (1 / 3)
    told = (macs / tokens - params) / (2 * tokens)
    known = np.isfinite(told) & (told > 0.02 * usual**2 * _WIDTH_OVER_DEPTH)
    width_depth = np.where(known, told, usual**2 * _WIDTH_OVER_DEPTH)
    width = params / (12 * width_depth + _VOCABULARY)
    return Transformer(params, width_depth, np.where(known, width_depth / width, usual))


def passed_over_bytes(shape: Transformer, tokens: Floats, tasks: Sequence[str]) -> Floats:
    """Bytes moved outside matrix products in one forward pass of a sequence, in 32 bits; fewer in a task ``fusion``."""
    left = np.array([_FUSED if task.endswith("fusion") else 1.0 for task in tasks])
    passes = _PASSES + _ATTENTION_PASSES * tokens / _HEAD
    return np.asarray(left * shape.width_depth * tokens * passes * _FLOAT_BYTES, dtype=np.float64)


def at_once(task: str, devices: float) -> float:
    """How many of the devices work at once: in a pipeline of S stages fed N pieces, N in N + S - 1 of the time."""
    stages = _STAGES.search(task)
    if stages is None:
        return devices
    depth, pieces = int(stages[1]), int(stages[2])
    return devices * pieces / (pieces + depth - 1)


def sustained_flops(peak: Floats, power_w: Floats, year: Floats) -> Floats:
    """FLOP/s in 32 bits that last: the smaller of peak and what the design power pays for, rounded at the corner."""
    paid = power_w * _SUSTAINED_PER_JOULE * 2 ** ((year - _SUSTAINED_YEAR) / _DOUBLING_YEARS)
    return np.asarray((peak**-_CORNER + paid**-_CORNER) ** (-1 / _CORNER), dtype=np.float64)


def prompt_tokens(task: str) -> float:
    """Tokens of a request before its answer, assumed from what kind of request it is."""
    return _PROMPTS.get(task, _PROMPT)


def touched_params(params: Floats, active: Floats, batch: Floats) -> Floats:
    """Parameters that one decoding step reads: a mixture of experts reads more of them the more tokens it serves."""
    always = np.where(active < params, _ALWAYS_ON * active, 0.0)
    share = np.clip((active - always) / (params - always), 1e-6, 1.0)
    read = 1 - (1 - share) ** np.maximum(batch, 1.0)
    return np.asarray(always + (params - always) * read, dtype=np.float64)


def busy(step_s: Floats) -> Floats:
    """Share of the time (0-1) that a device works, from the arithmetic of a step in seconds at its peak rate."""
    told = (step_s / _HALF_BUSY_S) ** _SHARPNESS
    return np.asarray(told / (1 + told), dtype=np.float64)


def limited_power(limit: Floats, design: Floats) -> Floats:
    """Watts of a busy device: the smaller of what it would draw and its power limit, rounded where the two meet."""
    free = _UNLIMITED_SHARE * design
    return np.asarray((free**-_MEETING + limit**-_MEETING) ** (-1 / _MEETING), dtype=np.float64)
