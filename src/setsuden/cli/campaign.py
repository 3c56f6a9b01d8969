"""``setsuden campaign``: tuning, architecture search, whole projects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from setsuden.cli.common import failing_clearly, json_option, lang_option, print_json
from setsuden.errors import InputError
from setsuden.language import Language, Messages

if TYPE_CHECKING:
    from setsuden.decision import BreakEven
    from setsuden.footprint import Footprint
    from setsuden.footprint.campaign import CampaignResult
    from setsuden.footprint.campaign.declared import Alternative
    from setsuden.footprint.campaign.recorded import Recorded


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--trials", type=click.Path(path_type=Path), help="CSV of trials: energy_kwh, quality, status, name.")
@click.option("--tag", help="All runs of this tag in the ledger.")
@click.option("--chosen", metavar="ID", help="With --tag: the run that was kept; the others are waste.")
@click.option("--pue", type=float, metavar="P", help="Facility energy over IT energy, 1 or more.")
@click.option("--site", metavar="CODE", help="Where it runs, as in `setsuden footprint`.")
@click.option("--intensity", type=float, metavar="G_PER_KWH", help="Carbon intensity in gCO2e/kWh.")
@click.option("--year", type=int, metavar="YEAR", help="Year of the annual intensity.  [default: latest]")
@json_option
@lang_option
@failing_clearly
def campaign(
    file: Path | None,
    trials: Path | None,
    tag: str | None,
    chosen: str | None,
    pue: float | None,
    site: str | None,
    intensity: float | None,
    year: int | None,
    as_json: bool,
    language: Language,
) -> None:
    """Energy and carbon of many runs: total, waste, the price of ten times more.

    FILE is a YAML file that declares the stages; see the page "Campaigns" of the documentation.
    """
    from setsuden.footprint import footprint

    if sum(item is not None for item in (file, trials, tag)) != 1:
        raise InputError("one source of trials is needed", remedy="Give FILE, or --trials CSV, or --tag TAG.")
    if chosen is not None and tag is None:
        raise InputError("--chosen goes with --tag")
    answer, alternative = _read(file, trials, tag, chosen)
    whole = footprint(answer.energy, site=site, intensity=intensity, year=year, pue=pue)
    point = _break_even(answer, alternative) if alternative else None
    if as_json:
        print_json(_document(answer, whole, alternative, point, language))
    else:
        _print(answer, whole, alternative, point, language)


def _read(
    file: Path | None, trials: Path | None, tag: str | None, chosen: str | None
) -> tuple[CampaignResult | Recorded, Alternative | None]:
    if file is not None:
        from setsuden.footprint.campaign import campaign as compute
        from setsuden.footprint.campaign.declared import read

        declared = read(file)
        return compute(declared.name, declared.stages), declared.alternative
    from setsuden.footprint.campaign import recorded

    if trials is not None:
        return recorded.from_csv(trials), None
    assert tag is not None
    return recorded.from_ledger(tag, chosen), None


def _break_even(answer: CampaignResult | Recorded, alternative: Alternative) -> BreakEven:
    from setsuden.decision import Affine, break_even

    adapted = Affine(answer.energy, alternative.campaign_per_request)
    return break_even(adapted, Affine(alternative.energy, alternative.per_request))


def _document(
    answer: CampaignResult | Recorded,
    whole: Footprint,
    alternative: Alternative | None,
    point: BreakEven | None,
    language: Language,
) -> dict[str, Any]:
    from setsuden.footprint.campaign import CampaignResult
    from setsuden.footprint.document import document

    found: dict[str, Any] = {
        "name": answer.name,
        "energy_kwh": answer.energy.to_json(),
        "waste_share": answer.waste_share.to_json() if answer.waste_share else None,
        "runs": answer.runs if isinstance(answer, CampaignResult) else answer.trials.energy_j.size,
        "stages": [],
        "tenfold": None,
        "chosen": None,
        "energy_per_point_kwh": None,
        "break_even": None,
        "footprint": document(whole, language),
    }
    if isinstance(answer, CampaignResult):
        found["stages"] = [
            {"name": item.stage.name, "runs": item.runs, "energy_kwh": item.energy.to_json()} for item in answer.stages
        ]
        if answer.tenfold:
            more = answer.tenfold
            found["tenfold"] = {
                "stage": more.stage,
                "trials": more.trials,
                "energy_kwh": more.energy.to_json(),
                "quality_gain": more.quality_gain,
                "energy_per_point_kwh": more.energy_per_point.to_json() if more.energy_per_point else None,
            }
    else:
        found["chosen"] = answer.chosen
        joules = answer.trials.joules_per_point()
        found["energy_per_point_kwh"] = None if joules is None else joules / 3.6e6
    if alternative and point:
        found["break_even"] = {
            "instead": alternative.name,
            "verdict": _verdict(point),
            "requests": point.n,
            "low": point.low,
            "high": point.high,
            "planned_requests": alternative.requests,
            "cheaper_as_planned": _cheaper(point, alternative.requests),
        }
    return found


def _verdict(point: BreakEven) -> str:
    """In the words of the question: which side the campaign, called a, wins on."""
    if point.verdict == "never":
        return {"a": "always-campaign", "b": "always-instead", None: "equal"}[point.cheaper]
    return "campaign-below" if point.verdict == "a-below" else "campaign-above"


def _cheaper(point: BreakEven, requests: float | None) -> str | None:
    """Who costs less at the planned number of requests, by the best figures; None when none is planned or they tie."""
    if requests is None:
        return None
    mine, other = point.a.at(requests), point.b.at(requests)  # both kWh
    return "campaign" if mine < other else "instead" if other < mine else None


def _print(
    answer: CampaignResult | Recorded,
    whole: Footprint,
    alternative: Alternative | None,
    point: BreakEven | None,
    language: Language,
) -> None:
    from setsuden.footprint.campaign import CampaignResult
    from setsuden.footprint.text import text
    from setsuden.quantity import render, significant

    say = Messages("campaign", language).say
    runs = answer.runs if isinstance(answer, CampaignResult) else answer.trials.energy_j.size
    click.echo(say("title", name=answer.name, runs=f"{runs:,.0f}", energy=render(answer.energy)))
    if answer.waste_share is not None:
        share = answer.waste_share
        span = f" [{share.low:.1%}, {share.high:.1%}]" if share.low < share.high else ""
        click.echo(say("waste", share=f"{share.value:.1%}{span}"))
    if isinstance(answer, CampaignResult):
        for item in answer.stages:
            click.echo("  " + say("stage", name=item.stage.name, runs=f"{item.runs:,.0f}", energy=render(item.energy)))
        if answer.tenfold:
            more = answer.tenfold
            click.echo(say("tenfold", stage=more.stage, trials=f"{more.trials:,}", energy=render(more.energy)))
            if more.quality_gain is not None and more.energy_per_point is not None:
                gain = significant(more.quality_gain, 2)
                click.echo("  " + say("gain", gain=gain, per_point=render(more.energy_per_point)))
    else:
        click.echo(say("chosen", chosen=answer.chosen) if answer.chosen else say("none_chosen"))
        joules = answer.trials.joules_per_point()
        if joules is not None:
            click.echo(say("marginal", kwh=significant(joules / 3.6e6)))
    if alternative and point:
        verdict = _verdict(point).replace("-", "_")
        n, low, high = (significant(x, 2) if x is not None else "∞" for x in (point.n, point.low, point.high))
        click.echo(say(f"verdict.{verdict}", instead=alternative.name, n=n, low=low, high=high))
        cheaper = _cheaper(point, alternative.requests)
        if cheaper and alternative.requests is not None:
            requests = significant(alternative.requests, 3)
            click.echo(say(f"planned.{cheaper}", instead=alternative.name, requests=requests))
    click.echo("")
    click.echo(text(whole, language))
