"""The answer as text for a terminal: verdict, table of both views, break-evens, what others would say."""

from __future__ import annotations

from setsuden.language import Language
from setsuden.placement.inference.answer import Answer
from setsuden.placement.inference.words import PlaceWords


def text(answer: Answer, language: Language) -> str:
    """Plain lines, no decoration."""
    words = PlaceWords(answer, language)
    said, say = words.said(), words.say
    lines = [said.headline, *([said.because] if said.because else []), *said.sure, ""]
    heads = {view: say(f"view.{view}") for view in answer.views}
    lines.append(f"{say('text.per_request')} ({say('text.table', **heads)}):")
    for item in answer.views["attribution"].placements:
        marginal = (
            answer.views["marginal"].figure(item.id, answer.study.objective) if _in_both(answer, item.id) else None
        )
        average = answer.views["attribution"].figure(item.id, answer.study.objective)
        shown = [words.amount(figure) if figure is not None else "-" for figure in (marginal, average)]
        lines.append(f"  {words.option(item.id)}: {shown[0]} | {shown[1]} | {words.latency(item)}")
    lines += ["", *said.flips, *said.points, "", say("text.others")]
    for other in answer.published:
        winner = say("text.cheaper", option=words.option(other.winner)) if other.winner else say("verdict.none")
        lines.append(f"  {words.published(other)}: {winner}")
    return "\n".join([*lines, "", *said.notes])


def _in_both(answer: Answer, identity: str) -> bool:
    """Whether the placement is in the marginal view too; the best cut may differ."""
    return any(item.id == identity for item in answer.views["marginal"].placements)
