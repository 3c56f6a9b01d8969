"""What a simulation or a plan found as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from setsuden.federated.plan import Candidate, Setting
from setsuden.federated.plan.plan import CENTRAL
from setsuden.federated.price import Bill
from setsuden.federated.scenario.plan import Planned
from setsuden.federated.scenario.simulate import Simulated
from setsuden.federated.simulate import Simulation
from setsuden.federated.study.bill_words import BillWords
from setsuden.language import Language
from setsuden.quantity import Estimate, Provenance, render, significant

_SHOWN = 8


def simulation_text(found: Simulated, language: Language) -> str:
    """Plain lines: each form, who and what for, the fit, the boundary."""
    words = BillWords(language)
    say = words.say
    lines: list[str] = []
    for form, one in found.found.items():
        lines += [say(f"simulate.{form}", **_figures(one)), f"  {_both(one.bill)}"]
    first = next(iter(found.found.values()))
    lines.append("")
    for heading, rows in words.tables(first.bill):
        lines += [heading, *rows]
    if found.fitted is not None:
        fitted = found.fitted
        lines += ["", say("simulate.fit", runs=fitted.runs, k=render(fitted.fit.k), predicted=render(fitted.predicted))]
        if fitted.runs > 1:
            lines.append(say("simulate.fit_error", error=f"{fitted.fit.error:.1%}", worst=f"{fitted.fit.worst:.1%}"))
    return "\n".join([*lines, "", say("simulate.nothing_trained"), *words.boundary(first.bill)])


def plan_text(planned: Planned, language: Language) -> str:
    """Plain lines: the answer, the front, where it would turn, what is assumed."""
    words = BillWords(language)
    say, made = words.say, planned.plan
    best = made.decision.recommended
    lines = [_headline(planned, words)]
    if best is not None:
        assessed = made.decision.assessment(best)
        figure = assessed.figures[planned.said.objective]
        amount = "–" if figure is None else render(figure)
        lines.append(say("plan.best", amount=amount, probability=f"{assessed.best_probability:.0%}"))
    lines += ["", say("plan.front"), *_front(planned, words)]
    if len(made.front) > _SHOWN:
        lines.append(f"  {say('plan.more', count=len(made.front) - _SHOWN)}")
    if made.turns:
        cheapest = min(made.candidates, key=lambda one: one.simulation.carbon_g)
        turns = words.turns(setting_text(cheapest.setting, words), made.turns)
        lines += ["", say("text.turns"), *(f"  {line}" for line in turns)]
    lines += [
        "",
        say("plan.settings", count=len(made.candidates)),
        say("plan.rounds_rule", rule=planned.rounds.rule(language)),
    ]
    boundary = words.boundary(made.candidates[0].simulation.bill)
    return "\n".join([*lines, *boundary])


def setting_text(setting: Setting, words: BillWords) -> str:
    """One setting in words."""
    return words.say(
        "plan.setting",
        kind=words.say("plan.asynchronous" if setting.asynchronous else "plan.synchronous"),
        concurrency=setting.concurrency,
        epochs=setting.epochs,
        packing=words.choice(setting.packing.name),
        asking=words.choice(setting.asking.name),
        hour=f"{setting.start_hour:g}",
    )


def _headline(planned: Planned, words: BillWords) -> str:
    made = planned.plan
    if made.answer == "neither":
        return words.say("plan.neither")
    best = made.decision.recommended
    way = words.say("way.upload" if planned.said.centralised and planned.said.centralised.upload else "way.central")
    if best != CENTRAL:
        way = setting_text(made.candidate(best or "").setting, words)
    if made.decision.confidence == "too-close":
        return words.say("plan.close", way=way)
    return words.say("plan.centralised" if best == CENTRAL else "plan.federated", way=way)


def _front(planned: Planned, words: BillWords) -> Iterator[str]:
    for name in planned.plan.front[:_SHOWN]:
        if name == CENTRAL:
            assert planned.centralised is not None
            yield f"  {words.say('plan.one_place')}: {_both(planned.centralised)}"
        else:
            yield f"  {_candidate(planned.plan.candidate(name), words)}"


def _candidate(one: Candidate, words: BillWords) -> str:
    time = render(Estimate.exact(one.simulation.duration_s, "s", Provenance.ESTIMATED))
    rounds = significant(one.rounds.value, 3)
    figures = words.say("plan.figures", rounds=rounds, time=time, price=_both(one.simulation.bill))
    left_out = words.say("plan.never_asked", share=f"{one.never_asked:.0%}") if one.never_asked > 0 else ""
    return f"{setting_text(one.setting, words)}: {figures}{left_out}"


def _figures(one: Simulation) -> dict[str, str]:
    return {
        "rounds": f"{one.rounds:,}",
        "time": render(Estimate.exact(one.duration_s, "s", Provenance.ESTIMATED)),
        "asked": f"{one.asked:,.0f}",
        "delivered": f"{one.delivered:,.0f}",
        "moved": render(Estimate.exact(one.moved_bytes, "B", Provenance.ESTIMATED)),
    }


def _both(bill: Bill) -> str:
    return f"{render(bill.energy)} | {render(bill.carbon)}"
