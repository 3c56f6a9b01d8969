"""A life as text for a terminal: verdict, balance sheet of both views, alternatives, levers."""

from __future__ import annotations

from setsuden.language import Language
from setsuden.lifecycle.answer import Answer
from setsuden.lifecycle.words import LifeWords, kilograms
from setsuden.quantity import render


def text(answer: Answer, language: Language) -> str:
    """Plain lines, no decoration."""
    words = LifeWords(answer, language)
    said, say = words.said(), words.say
    marginal, average = answer.sheets["marginal"], answer.sheets["attribution"]
    heads = {view: say(f"view.{view}") for view in answer.sheets}
    lines = [said.headline, said.because, *said.sure, "", say("text.stages", **heads)]
    for name in marginal.carbon:
        pair = (marginal.carbon[name], average.carbon[name])
        lines.append(f"  {say(f'stage.{name}')}: {render(pair[0])} | {render(pair[1])}")
    lines.append(f"  {say('text.total')}: {render(marginal.total_carbon)} | {render(average.total_carbon)}")
    if said.turns:
        lines += ["", say("text.turnings"), *(f"  {turn}" for turn in said.turns)]
    lines += ["", say("text.levers", view=heads["marginal"])]
    lines += [f"  {words.lever(item, marginal.total_carbon.value)}" for item in marginal.levers]
    lines.append(
        f"  {say('lever.together', saving=kilograms(marginal.together_g))}"
        if marginal.levers
        else f"  {say('lever.none')}"
    )
    return "\n".join([*lines, *(["", *said.notes] if said.notes else [])])
