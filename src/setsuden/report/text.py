"""The text summary: verdict first, a table of options, the next command; at most 25 lines, no decoration."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from setsuden.language import Language
from setsuden.language.columns import cut, table, wrap
from setsuden.quantity import Estimate, significant
from setsuden.quantity.rendering import digits_for
from setsuden.report.numbers import common_unit, per_thousand, total_unit, unit_text
from setsuden.report.record import Option, Pilot, read
from setsuden.report.verdict import Verdict, verdict
from setsuden.report.words import Names, Words

MAX_LINES = 25
_WIDTH = 100
_NARROW = 84
_MAX_FLIPS = 2


def text_summary(
    document: Mapping[str, object], language: Language = "en", source: str | None = None, width: int = _WIDTH
) -> str:
    """A pilot document in at most 25 lines of plain text; raises InputError for a document that is not one.

    source   what `setsuden report` must be told to find it again; None for its default place
    width    columns of a line; in a narrow terminal the summary may take more lines
    """
    return summarise(read(document), language, source, width)


def summarise(pilot: Pilot, language: Language, source: str | None = None, width: int = _WIDTH) -> str:
    """The same for a document that has been read."""
    words = Words(language)
    said = verdict(pilot, words)
    top = _top(said, words, width)
    bottom = _bottom(said, words, source, width)
    room = MAX_LINES - len(top) - len(bottom) - 2
    if width < _WIDTH:  # lines are broken sooner, and the table is what a reader came for
        room = max(room, 8)
    middle = _options(pilot, words, room, width)
    lines = [*top, *(["", *middle] if middle else []), "", *bottom]
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def _top(said: Verdict, words: Words, width: int) -> list[str]:
    lines = wrap(said.headline, width)
    sure = words(f"confidence_lead.{said.confidence}") + said.sure
    for sentence in (said.because, sure, *said.todo[:1], said.saving):
        lines += wrap(sentence, width, indent="  ") if sentence else []
    if said.flips:
        lines.append((words("flip.heading") + words("text.colon")).rstrip())
    for sentence in said.flips[:_MAX_FLIPS]:
        lines += wrap("- " + sentence, width, indent="  ")
    return lines


def _bottom(said: Verdict, words: Words, source: str | None, width: int) -> list[str]:
    lines: list[str] = []
    for sentence in said.warnings[:1]:
        lines += wrap(words("text.note") + words("text.colon") + sentence, width, indent="  ")
    lines.append(words("text.next", where=f"{shlex.quote(source)} " if source else ""))
    return lines


def _options(pilot: Pilot, words: Words, room: int, width: int) -> list[str]:
    options = sorted(pilot.decision.options, key=lambda o: (not o.feasible, not o.on_front, o.total_energy.value))
    if not options or room < 3:
        return []
    kept = options if len(options) <= room - 1 else options[: room - 2]
    names = Names(pilot, words)
    energy_unit = total_unit(pilot) or "J"
    request_unit = common_unit(_per_1000(options)) or "J"
    head = [
        words("text.option"),
        words("text.accuracy"),
        f"{words('text.total')} {unit_text(energy_unit, words.messages)}",
        f"{words('text.per_1000')} {unit_text(request_unit, words.messages)}",
        words("text.best"),
        words("text.limits"),
    ]
    rows = [_row(option, pilot, names, words, energy_unit, request_unit) for option in kept]
    if width < _NARROW:
        head, *rows = [[cut(line[0], 22), line[1], line[2], line[-1]] for line in (head, *rows)]
    lines = table(head, rows)
    if len(kept) < len(options):
        lines.append(words("text.more", count=len(options) - len(kept)))
    return lines


def _row(option: Option, pilot: Pilot, names: Names, words: Words, energy_unit: str, request_unit: str) -> list[str]:
    star = "* " if option.id == pilot.decision.recommended else "  "
    total = option.total_energy.to(energy_unit)
    serving = next((energy.to(request_unit) for energy in _per_1000([option])), None)
    digits = digits_for(total)
    best = option.best_probability
    return [
        star + cut(names.short(option), 40),
        f"{option.accuracy.value * 100:.1f} %" if option.accuracy is not None else "-",
        f"{significant(total.value, digits)} [{significant(total.low, digits)}, {significant(total.high, digits)}]",
        significant(serving.value, digits_for(serving)) if serving is not None else "-",
        f"{best * 100:.0f} %" if best is not None else "-",
        words("text.met" if option.feasible else "text.unknown" if option.unknown else "text.missed"),
    ]


def _per_1000(options: Sequence[Option]) -> list[Estimate]:
    return [per_thousand(energy) for option in options if (energy := option.serving_energy_per_request) is not None]
