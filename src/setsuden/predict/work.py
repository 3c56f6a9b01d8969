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
_EXPERTS = re.compile(r"-(\d+)E\b")
_STAGES = re.compile(r"pp(\d+)_(\d+)")

# Tokens of a request before the first answer, assumed: a question, a chat turn, an image or a video in tokens, a file.
_PROMPTS = {"gpqa": 300.0, "image-chat": 1500.0, "video-chat": 5000.0, "sourcegraph-fim": 6000.0}
_PROMPT = 300.0
_ALWAYS_ON = 0.4  # of the active parameters of a mixture of experts: attention and what else every token passes

# 32-bit operations a joule of design power buys outside tensor cores, and how they grow (Koomey and Naffziger 2016);
# chosen on matrix products and transformers on ten cards, the smallest of which cannot hold half of their peak.
_SUSTAINED_PER_JOULE, _SUSTAINED_YEAR, _DOUBLING_YEARS, _CORNER = 7e10, 2018, 2.6, 8.0

# A training step that needs this long of a device's memory keeps it busy half of the time, one byte moved for so many
# operations; these and the sharpness were read off small networks at batches of 8 to 8192 on four cards.
_HALF_BUSY_S, _SHARPNESS, _FLOP_PER_BYTE = 2.1e-3, 1.5, 15.0
# Passes of a training step over its parameters, counted for an optimiser with one average: read forward and backward,
# gradient written and read, average and parameters each read and written. Matters where most are embeddings.
_STEP_PASSES = 8.0
# How sharply what would be drawn and a power limit meet; a draw wanders in time, so it feels a limit above its mean.
_MEETING, _LEAST_GAIN = 3.0, 0.3


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


def passed_over_bytes(shape: Transformer, tokens: Floats, tasks: Sequence[str]) -> tuple[Floats, Floats]:
    """Bytes moved outside matrix products in one forward pass of a sequence, in 32 bits; fewer in a task ``fusion``.

    Over arrays of tokens x width, and over those of tokens x tokens x heads: the scores of attention.
    """
    left = np.array([_FUSED if task.endswith("fusion") else 1.0 for task in tasks])
    once = left * shape.width_depth * tokens * _FLOAT_BYTES
    return once * _PASSES, once * _ATTENTION_PASSES * tokens / _HEAD


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


def touched_params(params: Floats, active: Floats, batch: Floats, models: Sequence[str]) -> tuple[Floats, Floats]:
    """Parameters that one decoding step reads: those that every token passes, and those of experts.

    models   a name that counts its experts, as ``Llama-4-Scout-17B-16E`` does, is taken to use one of them a token, so
             that its sizes tell what every token passes; of other mixtures that is an assumed share of what is active

    The more tokens are decoded together, the more experts are read; dense models have none.
    """
    chosen = np.array([_share_chosen(name) for name in models])
    told = (active - chosen * params) / (1 - chosen)
    always = np.where(np.isfinite(told) & (told > 0), told, _ALWAYS_ON * active)
    always = np.where(active < params, always, params)
    experts = params - always
    share = np.clip((active - always) / np.where(experts > 0, experts, 1.0), 0.0, 1.0)
    return always, np.asarray(experts * (1 - (1 - share) ** np.maximum(batch, 1.0)), dtype=np.float64)


def _share_chosen(model: str) -> float:
    """One of how many experts a name counts; NaN where it counts none."""
    found = _EXPERTS.search(model)
    return 1 / int(found[1]) if found and int(found[1]) > 1 else float("nan")


def busy(flop: Floats, params: Floats, bandwidth: Floats) -> Floats:
    """Share of the time (0-1) a device works, from operations and parameters of a training step and its bytes/s."""
    moved = flop / _FLOP_PER_BYTE + _STEP_PASSES * _FLOAT_BYTES * params
    told = (moved / bandwidth / _HALF_BUSY_S) ** _SHARPNESS
    return np.asarray(told / (1 + told), dtype=np.float64)


def limited_power(demand: Floats, limit: Floats) -> Floats:
    """Watts under a power limit: the smaller of it and what would be drawn without one, rounded where the two meet."""
    return np.asarray((demand**-_MEETING + limit**-_MEETING) ** (-1 / _MEETING), dtype=np.float64)


def demand_gain(demand: Floats, limit: Floats) -> Floats:
    """By what share watts under a limit change where the demand changes by one: 1 far below it, never under a floor."""
    return np.asarray(np.maximum((limited_power(demand, limit) / demand) ** _MEETING, _LEAST_GAIN), dtype=np.float64)
