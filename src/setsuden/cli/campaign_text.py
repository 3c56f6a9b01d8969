"""A campaign for a terminal and as a JSON document."""

from __future__ import annotations

from typing import Any

from setsuden.decision import BreakEven
from setsuden.footprint import Footprint
from setsuden.footprint.campaign import CampaignResult, Recorded, Tally
from setsuden.footprint.campaign.declared import Alternative
from setsuden.footprint.document import document as footprint_document
from setsuden.footprint.text import text as footprint_text
from setsuden.language import Language, Messages
from setsuden.language.flag_text import told
from setsuden.quantity import Estimate, render, significant


def document(
    answer: CampaignResult | Recorded,
    whole: Footprint,
    alternative: Alternative | None,
    point: BreakEven | None,
    language: Language,
) -> dict[str, Any]:
    """Plain data, schema ``campaign``."""

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
        "trials": None,
        "flags": [],
        "footprint": footprint_document(whole, language),
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
        found["trials"] = _tally(answer.tally) if answer.tally else None
        found["flags"] = [{"code": flag.code, "detail": told(flag, language)} for flag in answer.flags]
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


def text(
    answer: CampaignResult | Recorded,
    whole: Footprint,
    alternative: Alternative | None,
    point: BreakEven | None,
    language: Language,
) -> str:
    """Total, stages or trials, waste, the price of more and the break-even, then the footprint of the total."""
    messages = Messages("campaign", language)
    say = messages.say
    runs = answer.runs if isinstance(answer, CampaignResult) else answer.trials.energy_j.size
    lines = [say("title", name=answer.name, runs=_count(runs), energy=render(answer.energy))]
    lines += _stages(answer, messages) if isinstance(answer, CampaignResult) else _trials(answer, messages)
    if answer.waste_share is not None:
        share = answer.waste_share
        span = f" [{share.low:.1%}, {share.high:.1%}]" if share.low < share.high else ""
        lines.append(say("waste", share=f"{share.value:.1%}{span}"))
    lines += _more(answer, messages)
    if alternative and point:
        lines += _against(alternative, point, messages)
    return "\n".join([*lines, "", footprint_text(whole, language)])


def _stages(answer: CampaignResult, messages: Messages) -> list[str]:
    if len(answer.stages) == 1:
        return []
    return [
        "  " + messages.say("stage", name=item.stage.name, runs=_count(item.runs), energy=render(item.energy))
        for item in answer.stages
    ]


def _trials(answer: Recorded, messages: Messages) -> list[str]:
    say = messages.say
    lines = []
    if answer.tally is not None:
        for status, (runs, kwh) in answer.tally.by_status.items():
            energy = render(Estimate.exact(kwh, "kWh", answer.energy.provenance))
            lines.append("  " + say("stage", name=say(f"status.{status}"), runs=_count(runs), energy=energy))
        if answer.tally.from_watts:
            lines.append(say("from_watts", runs=_count(answer.tally.from_watts)))
        if answer.tally.left_out:
            lines.append(say("left_out", runs=_count(answer.tally.left_out)))
    lines += [f"{flag.code}: {told(flag, messages.language)}" for flag in answer.flags]
    lines.append(say("chosen", chosen=answer.chosen) if answer.chosen else say("none_chosen"))
    return lines


def _more(answer: CampaignResult | Recorded, messages: Messages) -> list[str]:
    say = messages.say
    if isinstance(answer, Recorded):
        joules = answer.trials.joules_per_point()
        return [] if joules is None else [say("marginal", kwh=significant(joules / 3.6e6))]
    if answer.tenfold is None:
        return []
    more = answer.tenfold
    lines = [say("tenfold", stage=more.stage, trials=f"{more.trials:,}", energy=render(more.energy))]
    if more.quality_gain is not None and more.energy_per_point is not None:
        gain = significant(more.quality_gain, 2)
        lines.append("  " + say("gain", gain=gain, per_point=render(more.energy_per_point)))
    return lines


def _against(alternative: Alternative, point: BreakEven, messages: Messages) -> list[str]:
    say = messages.say
    verdict = _verdict(point).replace("-", "_")
    n, low, high = (significant(x, 3) if x is not None else "∞" for x in (point.n, point.low, point.high))
    around = n if low == high else f"{n} [{low}, {high}]"
    lines = [say(f"verdict.{verdict}", instead=alternative.name, n=around)]
    cheaper = _cheaper(point, alternative.requests)
    if cheaper and alternative.requests is not None:
        requests = significant(alternative.requests, 3)
        lines.append(say(f"planned.{cheaper}", instead=alternative.name, requests=requests))
    return lines


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "by_status": [
            {"status": status, "runs": runs, "energy_kwh": kwh} for status, (runs, kwh) in tally.by_status.items()
        ],
        "energy_recorded": tally.recorded,
        "energy_from_watts": tally.from_watts,
        "left_out": tally.left_out,
    }


def _count(runs: float) -> str:
    """Whole runs; a tenth where an expected number of runs is small and not whole."""
    return f"{runs:,.0f}" if runs >= 100 or float(runs).is_integer() else f"{runs:,.1f}"
