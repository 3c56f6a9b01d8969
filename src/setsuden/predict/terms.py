"""What every row of a table uses up: one column a resource, each a work divided by a data-sheet rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from setsuden.predict import domain as kinds
from setsuden.predict.frame import Floats, Rows, input_numbers
from setsuden.predict.layer import ELEMENTWISE, POOLINGS, layers
from setsuden.predict.sheet import Sheet, is_cpu, sheet, stated
from setsuden.predict.work import (
    at_once,
    busy,
    passed_over_bytes,
    prompt_tokens,
    sustained_flops,
    touched_params,
    transformer,
)

TERMS = (
    "arithmetic", "activations", "weights", "start", "power", "attention", "prompt", "layers", "mixture", "busy",
    "idle", "experts", "exchange", "scores", "known_idle", "taken", "fresh",
)  # fmt: skip
_BACKWARD = 3.0  # work of a training step in forward passes: each contraction again for its input and its weights
_START_S = 1e-3
# Operations a joule buys double about every 2.6 years (Koomey and Naffziger 2016); their level is fitted.
_OPERATIONS_PER_JOULE, _LEVEL_YEAR, _DOUBLING_YEARS = 1e11, 2018, 2.6
# 32-bit products on AMD's CDNA cards run on matrix units at twice the vector rate the catalogue gives; what of that
# arrives was chosen on transformers on three of them, the rest of the law being that of Nvidia's cards.
_CDNA, _CDNA_MATRIX = "radeon instinct mi", 1.4
# An output of so many bytes is new memory to a process half of the time: on a server with two processors an element
# took 0.6 ns below it and 2.0 above.
_FRESH_BYTES, _FRESH_SHARPNESS = 2.0 * 2**30, 4.0
_ON_CARDS = (kinds.NETWORKS, kinds.EPOCHS, kinds.TOKENS, kinds.SEQUENCES, kinds.GENERATION)  # power of the card alone
_MOST_SAMPLES = 1e15  # in an epoch; more is no number of them
_SIZES = ("gmacs", "macts_m", "params_m", "active_params_m", "batch_size", "device_count", "input_0")


def terms(rows: Rows, domains: tuple[str, ...], target: str, typical: Mapping[str, Mapping[str, float]]) -> Floats:
    """What each row uses up, shape (rows, terms), in s, J or W a unit of work.

    typical   kind of work -> column -> value that stands in for a size the row does not state
    """
    told = {name: _filled(rows, domains, name, typical) for name in _SIZES}
    devices = _Devices.of(rows, told["device_count"])
    passes = np.where(np.array(rows.words["mode"]) == "train", _BACKWARD, 1.0)
    kind = np.array(domains)
    used = np.zeros((len(rows), len(TERMS)))
    if target == "power_w":
        _fill(used, np.ones(len(rows), dtype=bool), {"arithmetic": devices.ceiling * devices.count})
        _fill(used, kind == kinds.EPOCHS, _drawn(rows, told, devices, passes))
        return used
    width = np.array([kinds.BYTES.get(precision, 4) for precision in rows.words["precision"]], dtype=np.float64)
    _fill(used, np.ones(len(rows), dtype=bool), _passed(told, devices, passes, width))
    for name, found in (
        (kinds.KERNELS, _multiplied),
        (kinds.TOKENS, _decoded),
        (kinds.SEQUENCES, _stepped),
        (kinds.LAYERS, _layered),
    ):
        if name in domains:
            _fill(used, kind == name, found(rows, told, devices, passes, width))
    units = np.array([_units(e, unit) for e, unit in zip(rows.words["extra"], rows.words["unit"], strict=True)])
    used *= units[:, None]
    return used * (devices.ceiling * devices.count)[:, None] if target == "energy_j" else used


def _fill(used: Floats, part: npt.NDArray[np.bool_], columns: Mapping[str, Floats]) -> None:
    """Set the rows ``part`` to these terms and to zero in all others."""
    used[part] = 0.0
    for name, column in columns.items():
        used[part, TERMS.index(name)] = column[part]


def _passed(told: Mapping[str, Floats], devices: _Devices, passes: Floats, width: Floats) -> dict[str, Floats]:
    """One sample through a network."""
    flops = devices.flops * (devices.ceiling / devices.power) ** (1 / 3) * devices.count
    bandwidth = devices.bandwidth * devices.count
    paid = _OPERATIONS_PER_JOULE * 2 ** ((devices.year - _LEVEL_YEAR) / _DOUBLING_YEARS)
    macs = passes * told["gmacs"] * 1e9
    return {
        "arithmetic": 2 * macs / flops,
        "activations": width * passes * told["macts_m"] * 1e6 / bandwidth,
        "weights": width * told["params_m"] * 1e6 / bandwidth / told["batch_size"],
        "start": _START_S / told["batch_size"],
        "power": 2 * macs / (paid * devices.ceiling * devices.count),
    }


def _multiplied(
    rows: Rows, told: Mapping[str, Floats], devices: _Devices, passes: Floats, width: Floats
) -> dict[str, Floats]:
    """One call of a matrix product; batches of them are those of attention."""
    sustained = sustained_flops(devices.flops, devices.ceiling, devices.year) * devices.count
    time = 2 * passes * told["gmacs"] * 1e9 / sustained
    batched = np.array(rows.words["model"]) == "bmm"
    return {
        "arithmetic": np.where(batched, 0.0, time),
        "attention": np.where(batched, time, 0.0),
        "activations": width * _operand_elements(rows.words["input"]) / (devices.bandwidth * devices.count),
        "start": _START_S / told["batch_size"],
    }


def _layered(
    rows: Rows, told: Mapping[str, Floats], devices: _Devices, passes: Floats, width: Floats
) -> dict[str, Floats]:
    """One sample through one layer; what a large call puts out goes into memory that the system clears page by page."""
    bandwidth, names = devices.bandwidth * devices.count, np.array(rows.words["model"])
    time = passes * 2 * told["gmacs"] * 1e9 / (devices.flops * devices.count)
    given = passes * width * told["macts_m"] * 1e6
    taken = passes * width * np.array([one.taken for one in layers(rows)])
    fresh = (given * told["batch_size"] / _FRESH_BYTES) ** _FRESH_SHARPNESS
    return {
        "arithmetic": np.where(np.isin(names, (*POOLINGS, *ELEMENTWISE)), 0.0, time),
        "attention": np.where(np.isin(names, POOLINGS), time, 0.0),
        "activations": given / bandwidth,
        "taken": np.where(np.isnan(taken), given, taken) / bandwidth,
        "fresh": given / bandwidth * fresh / (1 + fresh),
        "weights": width * told["params_m"] * 1e6 / bandwidth / told["batch_size"],
        "start": _START_S / told["batch_size"],
    }


def _decoded(
    rows: Rows, told: Mapping[str, Floats], devices: _Devices, passes: Floats, width: Floats
) -> dict[str, Floats]:
    """One token of an answer, its share of the prompt included."""
    flops = devices.flops * (devices.ceiling / devices.power) ** (1 / 3) * devices.count
    bandwidth = devices.bandwidth * devices.count
    params, active, answer = told["params_m"] * 1e6, told["active_params_m"] * 1e6, told["input_0"]
    prompt = np.array([prompt_tokens(task) for task in rows.words["task"]])
    always, experts = touched_params(params, active, told["batch_size"], rows.words["model"])
    read = width / bandwidth / told["batch_size"]
    arithmetic = 2 * active / flops
    start = _START_S / told["batch_size"]
    return {
        "arithmetic": arithmetic,
        "activations": width * (prompt + answer / 2) * np.sqrt(active) / bandwidth,
        "weights": (always + experts) * read,
        "experts": experts * read,
        "start": start,
        "exchange": np.where(devices.count > 1, start, 0.0),
        "prompt": arithmetic * prompt / answer,
        "layers": start * np.cbrt(active) / 1e3,
        "mixture": np.where(active < params, arithmetic * (1 + prompt / answer), 0.0),
    }


def _stepped(
    rows: Rows, told: Mapping[str, Floats], devices: _Devices, passes: Floats, width: Floats
) -> dict[str, Floats]:
    """One sequence through a transformer in 32 bits."""
    tokens, params = told["input_0"], np.maximum(told["params_m"] * 1e6, 1.0)
    macs = np.where(np.isnan(rows.numbers["gmacs"]), np.nan, told["gmacs"] * 1e9)
    shape = transformer(params, macs, tokens)
    together = np.array([at_once(t, c) for t, c in zip(rows.words["task"], devices.count.tolist(), strict=True)])
    sustained = sustained_flops(devices.flops, devices.ceiling, devices.year) * together
    wide, scores = passed_over_bytes(shape, tokens, rows.words["task"])
    return {
        "arithmetic": passes * 2 * params * tokens / sustained,
        "attention": passes * 4 * shape.width_depth * tokens**2 / sustained,
        "activations": passes * wide / (devices.bandwidth * together),
        "scores": passes * scores / (devices.bandwidth * together),
        "layers": passes * _START_S * shape.depth / told["batch_size"] / together,
    }


def _drawn(rows: Rows, told: Mapping[str, Floats], devices: _Devices, passes: Floats) -> dict[str, Floats]:
    """Watts of training that meets no power limit; most of it fills a card, and so does work of unknown size.

    Between its steps a card draws what it is known to idle at, or a share of its design power where that is not known.
    """
    flop = 2 * passes * told["gmacs"] * 1e9 * told["batch_size"]
    params = np.nan_to_num(rows.numbers["params_m"]) * 1e6
    share = np.where(np.isnan(rows.numbers["gmacs"]), 1.0, busy(flop, params, devices.bandwidth))
    waiting, known = (1 - share) * devices.count, np.isfinite(devices.idle)
    return {
        "busy": share * devices.power * devices.count,
        "idle": np.where(known, 0.0, waiting * devices.power),
        "known_idle": np.where(known, waiting * devices.idle, 0.0),
    }


def power_limits(rows: Rows, domains: tuple[str, ...], target: str) -> Floats:
    """Watts that training cannot pass, its power limit or else its design power; inf for other work and targets."""
    if target != "power_w" or kinds.EPOCHS not in domains:
        return np.full(len(rows), np.inf)
    count = rows.numbers["device_count"]
    devices = _Devices.of(rows, np.where(np.isnan(count), 1.0, count))
    return np.where(np.array(domains) == kinds.EPOCHS, devices.ceiling * devices.count, np.inf)


def most_power(rows: Rows, domains: tuple[str, ...], target: str) -> Floats:
    """Watts that accelerators never pass: the design power that a row states, inf for all else and other targets.

    Public rows reach 99 % of it; processors pass theirs for a while, and what is measured at the wall holds more.
    """
    count, stated_w, w = rows.numbers["device_count"], rows.numbers["device_tdp_w"], rows.words
    bound = [
        target == "power_w" and kind in _ON_CARDS and not is_cpu(device, told)
        for kind, device, told in zip(domains, w["device"], w["device_class"], strict=True)
    ]
    return np.where(np.array(bound) & np.isfinite(stated_w), stated_w * np.where(np.isnan(count), 1.0, count), np.inf)


@dataclass(frozen=True, slots=True)
class _Devices:
    """Data sheets, one entry a row.

    FLOP/s, bytes/s, design power, the lower of it and the power limit, and idle draw (NaN: not known), in W.
    """

    flops: Floats
    bandwidth: Floats
    power: Floats
    ceiling: Floats
    idle: Floats
    year: Floats
    count: Floats

    @classmethod
    def of(cls, rows: Rows, count: Floats) -> _Devices:
        w, tdp = rows.words, rows.numbers["device_tdp_w"].tolist()
        sheets: list[Sheet] = [
            sheet(device, device_class, precision, stated(power))
            for device, device_class, precision, power in zip(
                w["device"], w["device_class"], w["precision"], tdp, strict=True
            )
        ]
        flops = np.array([found.flops for found in sheets], dtype=np.float64)
        amd = [
            found.name.casefold().startswith("amd " + _CDNA) and precision in ("", "fp32", "float32")
            for found, precision in zip(sheets, w["precision"], strict=True)
        ]
        flops = np.where(amd, _CDNA_MATRIX * flops, flops)
        bandwidth = np.array([found.bandwidth for found in sheets], dtype=np.float64)
        power = np.array([found.power_w for found in sheets], dtype=np.float64)
        own_flops, own_bandwidth = rows.numbers["device_flops"], rows.numbers["device_bytes_per_s"]
        limit = rows.numbers["power_limit_w"]
        return cls(
            np.where(np.isnan(own_flops), flops, own_flops),
            np.where(np.isnan(own_bandwidth), bandwidth, own_bandwidth),
            power,
            np.where(np.isnan(limit), power, np.minimum(limit, power)),
            np.array([np.nan if found.idle_w is None else found.idle_w for found in sheets], dtype=np.float64),
            np.array([found.year or _LEVEL_YEAR for found in sheets], dtype=np.float64),
            count,
        )


def _operand_elements(inputs: Sequence[str]) -> Floats:
    """Elements of the three matrices of a batch of products, from ``B1 M1280 N4096 K30522``; 0 where not told."""
    found = np.zeros(len(inputs))
    for i, text in enumerate(inputs):
        told = input_numbers(text)
        if len(told) == 4:
            batch, m, n, k = told
            found[i] = batch * (m * n + n * k + m * k)
    return found


def _units(extra: str, unit: str) -> float:
    """Samples in one unit of work: an epoch has many."""
    if unit != "epoch":
        return 1.0
    samples = kinds.extra_fields(extra).get("samples_per_epoch")
    return float(samples) if isinstance(samples, (int, float)) and 0 < samples < _MOST_SAMPLES else 1e5


def _filled(rows: Rows, domains: tuple[str, ...], name: str, typical: Mapping[str, Mapping[str, float]]) -> Floats:
    if name == "input_0":
        values = np.exp(kinds.features(rows)[:, kinds.FEATURES.index("input_0")])
    else:
        values = rows.numbers[name]
    if name == "active_params_m":
        values = np.where(np.isnan(values), rows.numbers["params_m"], values)
    stand_in = np.array([typical.get(kind, {}).get(name, 1.0) for kind in domains])
    return np.where(np.isnan(values), stand_in, values)
