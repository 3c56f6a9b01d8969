"""``setsuden predict``: energy, time and power of a job before it runs."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from setsuden.cli.common import json_option, lang_option, print_json, tell
from setsuden.cli.profile import _shape
from setsuden.errors import InputError
from setsuden.language import Language

if TYPE_CHECKING:
    from setsuden.footprint import Footprint
    from setsuden.predict.job import Prediction
    from setsuden.quantity import Estimate

HERE = "here"


@click.command()
@click.argument("target")
@click.option(
    "--device",
    default=HERE,
    show_default=True,
    metavar="NAME",
    help="Processor as its driver or the catalogue names it.",
)
@click.option(
    "--device-class",
    type=click.Choice(["gpu", "cpu", "edge", "mcu"]),
    help="What it is where neither its name nor --rows tell: accelerator, processor, single board, microcontroller.",
)
@click.option("--input-shape", callback=_shape, metavar="CxHxW", help="One sample, without the batch: 3x32x32.")
@click.option("--batch-size", type=click.IntRange(min=1), default=1, show_default=True, help="Samples per pass.")
@click.option("--train", is_flag=True, help="A training; with --samples and --epochs.")
@click.option("--samples", type=click.IntRange(min=1), metavar="N", help="Training samples of one epoch.")
@click.option(
    "--epochs", type=click.FloatRange(min=0, min_open=True), metavar="E", help="Passes over them.  [default: 1]"
)
@click.option(
    "--requests", type=click.IntRange(min=1), metavar="N", help="Samples answered in inference.  [default: 1]"
)
@click.option(
    "--precision",
    type=click.Choice(["fp32", "tf32", "bf16", "fp16", "fp8", "int8"]),
    default="fp32",
    show_default=True,
    help="Arithmetic of the job.",
)
@click.option(
    "--throughput",
    type=click.FloatRange(min=0, min_open=True),
    metavar="R",
    help="Samples a second of this very job on the device, if you timed a few steps: its power is left to predict.",
)
@click.option(
    "--rows",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV of measured rows of this device, on the columns of the public tables.",
)
@click.option(
    "--requests-per-second",
    type=click.FloatRange(min=0, min_open=True),
    metavar="R",
    help="Serve a language model at this rate; TARGET may then be llm:8 or llm:30-a3 (10^9 parameters).",
)
@click.option("--prompt-tokens", type=click.IntRange(min=0), metavar="N", help="Of a request served.  [default: 300]")
@click.option("--output-tokens", type=click.IntRange(min=1), metavar="N", help="Of an answer.  [default: 300]")
@click.option("--concurrency", type=click.IntRange(min=1), metavar="N", help="Decoded together at most.  [default: 64]")
@click.option("--devices", type=click.IntRange(min=1), metavar="N", help="Devices of one replica.  [default: 1]")
@click.option("--replicas", type=click.IntRange(min=1), metavar="N", help="Replicas that share requests.  [default: 1]")
@click.option(
    "--idle-power",
    type=click.FloatRange(min=0, min_open=True),
    metavar="W",
    help="Of one device with the model loaded and nothing to do, if measured.",
)
@click.option("--site", metavar="CODE", help="Carbon where it runs: JP, US-CA, aws:eu-north-1 ...")
@json_option
@lang_option
def predict(
    target: str,
    device: str,
    device_class: str | None,
    input_shape: tuple[int, ...] | None,
    batch_size: int,
    train: bool,
    samples: int | None,
    epochs: float | None,
    requests: int | None,
    precision: str,
    throughput: float | None,
    rows: Path | None,
    site: str | None,
    as_json: bool,
    language: Language,
    requests_per_second: float | None,
    **serving: float | None,
) -> None:
    """Energy, time and power of a job with TARGET, before it runs, each with a 90 % interval.

    TARGET is what `setsuden profile` takes. `--device here` is this machine as `setsuden calibrate` measured it. With
    --requests-per-second it is a language model that answers requests: joules of a served request and of a token.
    """
    if requests_per_second is not None:
        from setsuden.cli.predict_serving import predict_serving

        if train or any(value is not None for value in (samples, epochs, requests, throughput)):
            raise InputError(
                "a served model has a rate of requests, and neither samples nor their speed",
                place="--requests-per-second",
                remedy="Leave out --train, --samples, --epochs, --requests and --throughput.",
            )
        if device_class not in (None, "gpu"):
            raise InputError(
                "a language model is served on accelerators",
                place="--device-class",
                value=device_class,
                remedy="Leave it out.",
            )
        predict_serving(target, device, precision, requests_per_second, serving, rows, site, as_json, language)
        return
    for name, value in serving.items():
        if value is not None:
            raise InputError(
                "this belongs to a served model",
                place="--" + name.replace("_", "-"),
                remedy="Add --requests-per-second R.",
            )
    from setsuden.predict.document import document, text

    amount = _amount(train, samples, epochs, requests)
    result = _predicted(
        target, device, device_class or "", input_shape, batch_size, train, amount, precision, throughput, rows
    )
    priced = priced_at(result.energy, site)
    if as_json:
        print_json(document(result, priced))
    else:
        tell(text(result, language, priced))


def _amount(train: bool, samples: int | None, epochs: float | None, requests: int | None) -> float:
    if train:
        if requests is not None:
            raise InputError(
                "a training answers no requests", place="--requests", remedy="Give --samples and --epochs."
            )
        if samples is None:
            raise InputError("how many samples does an epoch have", place="--samples", remedy="Give --samples N.")
        return samples * (1.0 if epochs is None else epochs)
    for name, value in (("--samples", samples), ("--epochs", epochs)):
        if value is not None:
            raise InputError("this belongs to a training", place=name, remedy="Add --train, or give --requests.")
    return float(requests or 1)


def _predicted(
    target: str,
    device: str,
    device_class: str,
    input_shape: tuple[int, ...] | None,
    batch_size: int,
    train: bool,
    amount: float,
    precision: str,
    throughput: float | None,
    rows: Path | None,
) -> Prediction:
    from setsuden.predict.device_file import read
    from setsuden.predict.job import predict as predicted
    from setsuden.predict.job import work_of
    from setsuden.workload.profile import profile

    calibration = measured_rows(rows)
    own = read() if device == HERE or rows is None else None
    here = own is not None and device in (HERE, own.device)
    if device == HERE and own is None:
        raise InputError(
            "this machine has not been calibrated",
            place="--device",
            value=HERE,
            remedy="Run `setsuden calibrate` once, or name a device of the catalogue.",
        )
    work = work_of(profile(target, input_shape=input_shape, batch_size=1))
    return predicted(
        work,
        own.device if here and own is not None else device,
        samples=amount,
        batch_size=batch_size,
        training=train,
        precision=precision,
        rows=own.rows if here and own is not None else calibration,
        calibrated_here=here,
        device_class=device_class,
        throughput=throughput,
    )


def measured_rows(path: Path | None) -> list[dict[str, Any]]:
    """The rows of a CSV file; none without a file."""
    if path is None:
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [dict(row) for row in csv.DictReader(file)]


def priced_at(energy: Estimate, site: str | None) -> Footprint | None:
    """Carbon of an energy where it is used; None where nobody says where."""
    if site is None:
        return None
    from setsuden.footprint import footprint

    return footprint(energy.to("kWh"), site=site)
