"""``setsuden profile``: MACs, parameters, activations and memory traffic of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from setsuden.cli.common import json_option, lang_option, print_json, tell
from setsuden.errors import InputError
from setsuden.language import Language

if TYPE_CHECKING:
    from setsuden.workload.profile import Profile, Roofline

_RUNS_ON = ("meta", "cpu", "cuda", "mps", "xpu")


def _shape(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    if value is None:
        return None
    parts = value.lower().split("x")
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise click.BadParameter(f"{value!r} is not a shape; write sizes above zero joined by x, such as 3x32x32.")
    return tuple(int(part) for part in parts)


@click.command()
@click.argument("target")
@click.option("--input-shape", callback=_shape, metavar="CxHxW", help="One sample, without the batch: 3x32x32.")
@click.option(
    "--batch-size", type=click.IntRange(min=1), help="Samples per pass.  [default: 1, or what the target brings along]"
)
@click.option("--train", is_flag=True, help="A training step too: backward, and the optimiser if one is named.")
@click.option("--optimizer", metavar="NAME", help="With --train: sgd, momentum, adam, adamw, ...")
@click.option(
    "--device",
    metavar="NAME",
    help="A processor of the catalogue, for its best time; or where to run: " + ", ".join(_RUNS_ON) + ".",
)
@click.option(
    "--precision",
    type=click.Choice(["fp32", "tf32", "bf16", "fp16", "fp8", "int8"]),
    default="fp32",
    show_default=True,
    help="Rate of --device that is assumed.",
)
@click.option("--depth", type=click.IntRange(min=0), default=2, show_default=True, help="Levels of modules to show.")
@click.option("--strict", is_flag=True, help="Fail at the first operator without a formula.")
@json_option
@lang_option
def profile(
    target: str,
    input_shape: tuple[int, ...] | None,
    batch_size: int | None,
    train: bool,
    optimizer: str | None,
    device: str | None,
    precision: str,
    depth: int,
    strict: bool,
    as_json: bool,
    language: Language,
) -> None:
    """Count the work of TARGET: multiply-accumulates, parameters, activations, memory traffic.

    TARGET is a name of the zoo, package.module:factory, a Hugging Face model type or config.json, a timm name, or a
    file: ONNX, an exported PyTorch program (.pt2), TorchScript or Keras. Nothing is downloaded.
    """
    from setsuden.workload.profile import profile as profiled

    if optimizer is not None and not train:
        raise InputError("an optimiser works only in training", place="--optimizer", remedy="Add --train.")
    runs_on = device if device in _RUNS_ON else "meta"
    result = profiled(
        target,
        input_shape=input_shape,
        batch_size=batch_size,
        train=train,
        optimizer=optimizer,
        device=runs_on,
        strict=strict,
    )
    best = None if device is None or device in _RUNS_ON else _best(result, device, precision)
    if as_json:
        document = result.to_json()
        document["roofline"] = best.to_json() if best is not None else None
        print_json(document)
    else:
        from setsuden.workload.profile.text import text

        tell(text(result, language, depth=depth, roofline=best))


def _best(result: Profile, device: str, precision: str) -> Roofline:
    from setsuden.workload.profile.roofline import bound, device_named

    return bound(result, device_named(device, precision))  # type: ignore[arg-type]
