"""What a study found as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from setsuden.federated.price import Bill
from setsuden.federated.study.document import document, traffic
from setsuden.federated.study.run import Outcome, Trained
from setsuden.federated.study.table import table
from setsuden.federated.study.table_words import TableWords, columns
from setsuden.federated.study.words import FederatedWords, size
from setsuden.language import Language, looked_up
from setsuden.quantity import Estimate, render, significant


def text(outcome: Outcome, language: Language) -> str:
    """Plain lines, no decoration: verdict, trainings, who and where, what would change it, what to know."""
    words = FederatedWords(outcome, language)
    said, say = words.said(), words.say
    privacy = say("todo.privacy") if outcome.compared else ""
    lines = [part for part in (said.headline, said.because, said.sure, privacy) if part]
    lines += ["", say("text.trainings"), *_trainings(outcome, words)]
    if outcome.bills:
        index = words.cleanest
        bill, way = outcome.bills[index], words.topology(outcome.trained[index].task.topology.name)
        lines += ["", f"{say('text.by_party')} ({way})", *_parties(bill, words)]
        lines += ["", f"{say('text.by_country')} ({way})"]
        lines += [
            f"  {looked_up.place(name, language)}: {_both(cost.energy, cost.carbon)}"
            for name, cost in bill.by_country().items()
        ]
    if outcome.compared and outcome.federation.declaration.compare.countries:
        told = TableWords(table([document(outcome)]), language)
        rows = [row[1:] for row in (told.heads(), *told.rows())]
        lines += ["", say("section.countries"), *columns(rows), "", *told.notes()]
    if said.flips:
        lines += ["", say("text.turns"), *(f"  {line}" for line in said.flips)]
    return "\n".join([*lines, "", *said.notes])


def _trainings(outcome: Outcome, words: FederatedWords) -> Iterator[str]:
    """A line for each training, then for training in one place: with the data there, and with the data sent there."""
    rows, notes = [], []
    for index, one in enumerate(outcome.trained):
        bill = outcome.bills[index] if outcome.bills else None
        rows.append(_row(_name(one, words), len(one.result.trace.rounds.round), one.result.accuracy, _sent(one), bill))
        gap = one.result.trace.header.spectral_gap
        notes.append("" if gap is None else f"   {words.say('text.gap', gap=significant(gap, 2))}")
    central = outcome.centralised
    if central is not None:
        first = outcome.compared[0].declared if outcome.compared else None
        there = None if first is None else first.centralised
        rows.append(_row(words.say("text.there"), None, central.accuracy, 0, there))
        if first is not None:
            header = outcome.trained[0].result.trace.header
            sent = sum(header.client_samples) * header.sample_bytes
            rows.append(_row(words.say("text.sent"), None, central.accuracy, sent, first.upload))
    for line, note in zip_longest(columns(rows), notes, fillvalue=""):
        yield line + note


def _row(name: str, rounds: int | None, accuracy: float | None, sent: int, bill: Bill | None) -> list[str]:
    shown = "–" if accuracy is None else f"{accuracy:.1%}"
    count = "–" if rounds is None else str(rounds)
    return [name, count, shown, size(sent), "" if bill is None else _both(bill.energy, bill.carbon)]


def _parties(bill: Bill, words: FederatedWords) -> Iterator[str]:
    for party, cost in bill.by_party().items():
        yield f"  {words.say(f'party.{party}')}: {_both(cost.energy, cost.carbon)}"


def _both(energy: Estimate, carbon: Estimate) -> str:
    return f"{render(energy)} | {render(carbon)}"


def _name(one: Trained, words: FederatedWords) -> str:
    return f"{words.topology(one.task.topology.name)}, {one.task.seed}"


def _sent(one: Trained) -> int:
    return sum(traffic(one.result.trace).values())
