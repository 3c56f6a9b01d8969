"""``setsuden campaign``: tuning, architecture search, whole projects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from setsuden.cli.common import json_option, lang_option, print_json, tell
from setsuden.errors import InputError
from setsuden.language import Language

if TYPE_CHECKING:
    from setsuden.decision import BreakEven
    from setsuden.footprint.campaign import CampaignResult, Recorded
    from setsuden.footprint.campaign.declared import Alternative

# option -> tracker, and which of the finer options go with it
_TRACKERS = {"trials": "csv", "optuna": "optuna", "mlflow": "mlflow", "wandb": "wandb"}
_GOES_WITH = {
    "study": ("optuna",),
    "experiment": ("mlflow",),
    "watts": tuple(_TRACKERS),
    "energy": tuple(_TRACKERS),
    "boundary": tuple(_TRACKERS),
    "quality": ("trials", "mlflow", "wandb"),
    "minimise": ("trials", "mlflow", "wandb"),
    "chosen": ("tag", *_TRACKERS),
}


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--trials", metavar="CSV", help="Table of trials: energy_kwh or duration_s, quality, status, name.")
@click.option("--optuna", metavar="STORAGE", help="Optuna storage: an SQLite file or URL, or what optuna can open.")
@click.option("--study", metavar="NAME", help="With --optuna: which study.  [default: the only one]")
@click.option("--mlflow", metavar="STORE", help="MLflow store: a folder `mlruns`, or an SQLite file or URL.")
@click.option("--experiment", metavar="NAME", help="With --mlflow: which experiment.  [default: the only one]")
@click.option("--wandb", metavar="FILE", help="W&B export: CSV of the table of runs, or JSON of the runs.")
@click.option("--tag", help="All runs of this tag in the ledger.")
@click.option("--watts", type=float, metavar="W", help="Average power of a run, where its energy was not recorded.")
@click.option("--energy", metavar="NAME", help="Name of the recorded energy, ending in _kwh, _wh or _j.")
@click.option("--quality", metavar="NAME", help="Metric that judges a run; Optuna's objective is known.")
@click.option("--minimise", is_flag=True, help="With --quality: less is better.")
@click.option("--chosen", metavar="ID", help="Run that was kept, by id, name or number.  [default: the best]")
@click.option(
    "--boundary", metavar="B", help="What a tracker's energy includes: device, node, node+PUE.  [default: node]"
)
@click.option("--pue", type=float, metavar="P", help="Facility energy over IT energy, 1 or more.")
@click.option("--site", metavar="CODE", help="Where it runs, as in `setsuden footprint`.")
@click.option("--intensity", type=float, metavar="G_PER_KWH", help="Carbon intensity in gCO2e/kWh.")
@click.option("--year", type=int, metavar="YEAR", help="Year of the annual intensity.  [default: latest]")
@click.option("--example", is_flag=True, help="Print a commented campaign and exit.")
@json_option
@lang_option
def campaign(
    pue: float | None,
    site: str | None,
    intensity: float | None,
    year: int | None,
    example: bool,
    as_json: bool,
    language: Language,
    **options: Any,
) -> None:
    """Energy and carbon of many runs: total, waste, the price of ten times more.

    FILE is a YAML file that declares the stages (see --example). Instead of it, the runs can come from --trials,
    --optuna, --mlflow, --wandb or --tag: one of them.
    """
    if example:
        from setsuden.footprint.campaign.declared import example_text

        click.echo(example_text(), nl=False)
        return
    from setsuden.cli.campaign_text import document, text
    from setsuden.footprint import footprint
    from setsuden.footprint.checks import checked_year

    answer, alternative = _read(**options)
    whole = footprint(answer.energy, site=site, intensity=intensity, year=checked_year(year), pue=pue)
    point = _break_even(answer, alternative) if alternative else None
    if as_json:
        print_json(document(answer, whole, alternative, point, language))
    else:
        tell(text(answer, whole, alternative, point, language))


def _read(**options: Any) -> tuple[CampaignResult | Recorded, Alternative | None]:
    sources = [name for name in ("file", "tag", *_TRACKERS) if options[name] is not None]
    if len(sources) != 1:
        raise InputError(
            "one source of runs is needed" if not sources else "only one source of runs can be given",
            value=[name if name == "file" else f"--{name}" for name in sources] or None,
            remedy="Give FILE, or one of --trials, --optuna, --mlflow, --wandb and --tag.",
        )
    source = sources[0]
    for name, allowed in _GOES_WITH.items():
        if options[name] not in (None, False) and source not in allowed:
            raise InputError(f"--{name} goes with {' or '.join('--' + other for other in allowed)}")
    if options["minimise"] and options["quality"] is None:
        raise InputError("--minimise goes with --quality")
    if source == "file":
        from setsuden.footprint.campaign import campaign as compute
        from setsuden.footprint.campaign.declared import read

        declared = read(options["file"])
        return compute(declared.name, declared.stages), declared.alternative
    if source == "tag":
        from setsuden.footprint.campaign.recorded import from_ledger

        return from_ledger(options["tag"], options["chosen"]), None
    from setsuden.footprint.campaign import Wanted, from_tracker
    from setsuden.quantity import NODE, Boundary

    wanted = Wanted(
        options["study"] or options["experiment"], options["quality"], options["minimise"], options["energy"]
    )
    boundary = Boundary.parse(options["boundary"]) if options["boundary"] is not None else NODE
    found = from_tracker(
        _TRACKERS[source], options[source], wanted, watts=options["watts"], chosen=options["chosen"], boundary=boundary
    )
    return found, None


def _break_even(answer: CampaignResult | Recorded, alternative: Alternative) -> BreakEven:
    from setsuden.decision import Affine, break_even

    adapted = Affine(answer.energy, alternative.campaign_per_request)
    return break_even(adapted, Affine(alternative.energy, alternative.per_request))
