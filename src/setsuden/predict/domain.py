"""Which kind of work a row is, what was varied, and its sizes as numbers a model can use."""

from __future__ import annotations

import json
import re
from functools import lru_cache

import numpy as np

from setsuden.predict.frame import Floats, Rows, input_numbers
from setsuden.predict.work import prompt_tokens, touched_params

NETWORKS, SYSTEMS, BOARDS, TOKENS, SEQUENCES = "networks", "systems", "boards", "tokens", "sequences"
EPOCHS, GENERATION, KERNELS = "epochs", "generation", "kernels"
CONVOLUTIONS, LAYERS, MICROCONTROLLERS = "convolutions", "layers", "microcontrollers"
DOMAINS = (
    NETWORKS,
    SYSTEMS,
    BOARDS,
    TOKENS,
    SEQUENCES,
    EPOCHS,
    GENERATION,
    KERNELS,
    CONVOLUTIONS,
    LAYERS,
    MICROCONTROLLERS,
)  # fmt: skip

_WORDS = re.compile(r"[a-z0-9]+")
_FRONT, _BACK = re.compile("tflite", re.IGNORECASE), "armnn"  # reads a model; computes it, where both are told
_LEAST_LETTERS = 2  # of a word that names a device; versions have one: v22
_INPUTS = 9  # most numbers a description of an input is read for: a convolution tells its window last
SIZES = (
    "gmacs",
    "macts_m",
    "params_m",
    "active_params_m",
    "batch_size",
    "device_count",
    "limit",
    *(f"input_{k}" for k in range(_INPUTS)),
)
# What follows from the sizes of a decoded token: parameters read a step, the batch of a mixture of experts, tokens of
# prompt and answer to one of the answer.
DERIVED = ("touched_m", "sparse_batch", "prompt_share")
FEATURES = (*SIZES, *DERIVED)
BYTES = {"amp": 2, "amp_bf16": 2, "bf16": 2, "bfloat16": 2, "fp16": 2, "float16": 2, "fp8": 1, "int8": 1, "mxfp4": 0.5}


@lru_cache(maxsize=8192)
def domain(unit: str, task: str, device_class: str, scope: str, sized: bool) -> str:
    """The kind of work, one of ``DOMAINS``: laws and coefficients are per kind.

    sized   whether the row states the network's work or parameters; a board that does not is a system like others
    """
    if unit == "output token":
        return TOKENS
    if unit == "sequence":
        return SEQUENCES
    if unit == "epoch" or unit.startswith("window"):
        return EPOCHS
    if task.startswith("text-to"):
        return GENERATION
    if task == "kernel":
        return KERNELS
    if task == "single convolution":
        return CONVOLUTIONS
    if device_class == "mcu":
        return MICROCONTROLLERS
    if task in ("layer", "layer in architecture", "architecture"):
        return LAYERS
    if not scope.startswith("whole system"):
        return NETWORKS
    return BOARDS if device_class == "edge" and sized else SYSTEMS


def domains_of(rows: Rows) -> tuple[str, ...]:
    """The kind of work of every row."""
    words = rows.words
    sized = np.isfinite(rows.numbers["gmacs"]) | np.isfinite(rows.numbers["params_m"])
    columns = zip(words["unit"], words["task"], words["device_class"], words["scope"], sized.tolist(), strict=True)
    return tuple(domain(*row) for row in columns)


def devices(rows: Rows) -> tuple[str, ...]:
    """The device of every row, spelled one way; of microcontrollers, whose names tell software and clock, the group."""
    w = rows.words
    columns = zip(w["device"], w["device_class"], w["group"], strict=True)
    return tuple(_device(group if kind == "mcu" and group else name) for name, kind, group in columns)


@lru_cache(maxsize=4096)
def _device(name: str) -> str:
    return name.casefold().replace("_", "-").replace("nvidia ", "")


def software(rows: Rows) -> tuple[str, ...]:
    """What a row ran through, in words: framework, precision, phase, task, platform, number of devices.

    Boards and microcontrollers run one thing at a time: of them only what differs is told, so that like software stands
    out.
    """
    w = rows.words
    columns = zip(w["framework"], w["precision"], w["mode"], w["task"], w["extra"], w["device"], strict=True)
    counts = rows.numbers["device_count"]
    return tuple(
        _on_board(framework, precision, task if kind == BOARDS else "", extra, device)
        if kind in (BOARDS, MICROCONTROLLERS)
        else _software(framework, precision, mode, task, extra, 1.0 if np.isnan(count) else float(count))
        for (framework, precision, mode, task, extra, device), count, kind in zip(
            columns, counts, domains_of(rows), strict=True
        )
    )


@lru_cache(maxsize=8192)
def _software(framework: str, precision: str, mode: str, task: str, extra: str, count: float) -> str:
    fields = extra_fields(extra)
    told = [str(fields[name]) for name in ("platform", "version", "optimizer") if fields.get(name)]
    return " ".join([framework, precision, mode, task, *told, f"devices{count:g}"])


@lru_cache(maxsize=8192)
def _on_board(framework: str, precision: str, task: str, extra: str, device: str) -> str:
    fields = extra_fields(extra)
    told = [f"round{fields['round']}"] if fields.get("round") else []
    platform = _without_device(str(fields.get("platform") or ""), device)
    words = " ".join([framework, precision, *task.split()[-1:], *platform, *told])
    return _FRONT.sub("", words) if _BACK in words.casefold() else words


def _without_device(platform: str, device: str) -> tuple[str, ...]:
    """Words of a platform but those that only name its device, in full or short: ``rpi4`` is a ``raspberry pi 4``.

    They tell nothing of other devices and make the same software there look like another.
    """
    words = _WORDS.findall(device.casefold())
    names = ["".join(words[start:]) for start in range(len(words))]
    return tuple(
        word
        for word in _WORDS.findall(platform.casefold())
        if sum(letter.isalpha() for letter in word) < _LEAST_LETTERS
        or not any(_is_short_for(word, name) for name in names)
    )


def _is_short_for(word: str, name: str) -> bool:
    """Whether the name begins as the word does and holds its other letters in their order."""
    letters = iter(name)
    return name.startswith(word[0]) and all(letter in letters for letter in word)


@lru_cache(maxsize=32768)
def extra_fields(extra: str) -> dict[str, object]:
    """The column ``extra`` as a mapping; anything that is no JSON object is an empty one."""
    try:
        found = json.loads(extra) if extra else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def features(rows: Rows) -> Floats:
    """Logarithms of the sizes in ``FEATURES``, shape (rows, features), NaN where a row does not say."""
    n = rows.numbers
    with np.errstate(divide="ignore", invalid="ignore"):
        limit = n["power_limit_w"] / n["device_tdp_w"]
        sizes = [n["gmacs"], n["macts_m"], n["params_m"], n["active_params_m"], n["batch_size"], n["device_count"]]
        inputs = np.full((len(rows), _INPUTS), np.nan)
        for i, text in enumerate(rows.words["input"]):
            found = input_numbers(text)[:_INPUTS]
            inputs[i, : len(found)] = found
        table = np.column_stack([*sizes, limit, inputs, _derived(rows, inputs[:, 0])])
        logs = np.where(table > 0, np.log(np.maximum(table, 1e-12)), np.nan)
    return np.asarray(logs, dtype=np.float64)


def _derived(rows: Rows, answer: Floats) -> Floats:
    """The columns ``DERIVED`` of decoded tokens, NaN for all other work."""
    found = np.full((len(rows), len(DERIVED)), np.nan)
    index = np.array([i for i, unit in enumerate(rows.words["unit"]) if unit == "output token"], dtype=np.intp)
    if not len(index):
        return found
    n = {name: rows.numbers[name][index] for name in ("params_m", "active_params_m", "batch_size")}
    active = np.where(np.isnan(n["active_params_m"]), n["params_m"], n["active_params_m"])
    prompt = np.array([prompt_tokens(rows.words["task"][i]) for i in index])
    models = [rows.words["model"][i] for i in index]
    found[index, 0] = np.sum(touched_params(n["params_m"], active, n["batch_size"], models), axis=0)
    found[index, 1] = np.where(active < n["params_m"], n["batch_size"], 1.0)
    found[index, 2] = 1 + prompt / answer[index]
    return found
