"""The answer as text for a terminal."""

from __future__ import annotations

from setsuden.language import Language
from setsuden.placement.training.outcome import Answer
from setsuden.placement.training.words import TrainingWords
from setsuden.quantity import render, significant


def text(answer: Answer, language: Language) -> str:
    """Plain lines, no decoration."""
    words = TrainingWords(answer, language)
    said, say = words.said(), words.say
    lines = [said.headline, said.because, *said.levers, "", say("text.table")]
    for item in answer.outcomes:
        wait = f"{significant(item.wait_h, 2)} h"
        lines.append(
            f"  {item.site}, {words.strategy(item)}: {render(item.carbon)} | {words.saving(item)} | {item.worse:.0%} | "
            f"{wait} | {words.cost(item)}"
        )
    return "\n".join([*lines, "", *said.notes])
