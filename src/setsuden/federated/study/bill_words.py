"""Words of a bill: what was charged, to whom and by which coefficients, and where a verdict turns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from setsuden.federated.price import Bill, ByLink, Term, Turn
from setsuden.language import Language, Messages, looked_up, table
from setsuden.placement.network import VIEWS, published, published_names
from setsuden.quantity import render, significant

_MODEL = "network model"
_MAKING = (Term.EMBODIED.value, Term.SERVER_EMBODIED.value)


class BillWords:
    """Words of bills in one language."""

    def __init__(self, language: Language) -> None:
        self.messages = Messages("federated", language)
        self.say = self.messages.say
        self._placement = Messages("placement", language)
        self._phrases = _phrases(language)

    def term(self, name: str) -> str:
        """A term of the boundary."""
        return self.say(f"term.{_key(name)}")

    def topology(self, name: str) -> str:
        """Who talks to whom; a graph of the user's own keeps its label."""
        kind = re.split(r"[^a-z]", name, maxsplit=1)[0]
        key = f"topology.{kind}"
        return self.say(key) + self.choice(name[len(kind) :]) if key in self.messages else self.choice(name)

    def choice(self, name: str) -> str:
        """A choice by its printed name, such as ``random(10, unbiased)``: known words said, figures as they are."""
        return self._phrases.sub(lambda found: self.say(f"choice.{found[0]}"), name)

    def party(self, name: str) -> str:
        """Devices, networks or the server."""
        return self.say(f"party.{name}")

    def place(self, code: str) -> str:
        """A country by its name; a zone of a grid keeps its code."""
        return looked_up.place(code, self.messages.language)

    def network(self, title: str) -> str:
        """The model of the network's energy by the title that a bill's boundary has."""
        for view in VIEWS:
            if title == ByLink(view).title:
                return self.say(f"network.{view}")
        for name in published_names():
            if title == published(name).title:
                return self.network_name(name)
        key = f"network.{_key(title)}"
        return self.say(key) if key in self.messages else title

    def network_name(self, choice: str) -> str:
        """A model of the network by the name that a study gives it, shortly."""
        if choice in VIEWS:
            return self.say(f"network.{choice}_short")
        return self._placement.say(f"published.{choice}")

    def boundary(self, bill: Bill) -> Iterator[str]:
        """Sentences: what is inside, what is not, what is inside without a figure, and by what it was counted."""
        names = {term.value for term in Term}
        inside = [name for name, state in bill.boundary.items() if name in names and state.startswith("counted")]
        silent = [] if bill.embodied else [name for name in inside if name in _MAKING]
        counted = [name for name in inside if name not in silent]
        network = self.network(bill.boundary[_MODEL])
        yield self.say("note.boundary", terms=self._list(counted), network=network)
        if left := [name for name, state in bill.boundary.items() if state == "left out"]:
            yield self.say("note.left_out", terms=self._list(left))
        if silent:
            yield self.say("note.undeclared", terms=self._list(silent))
        if by := list(self._coefficients(bill)):
            yield self.say("note.by", what=self.say("note.join").join(by))

    def turns(self, way: str, turns: Sequence[Turn]) -> Iterator[str]:
        """Where federated training, named ``way``, and one place change places; one sentence where they never do."""
        found = [turn for turn in turns if possible(turn)]
        for turn in found:
            yield self._turn(way, turn)
        if turns and not found:
            yield self.say("flip.always" if turns[0].federated == "always" else "flip.never", topology=way)

    def tables(self, bill: Bill) -> Iterator[tuple[str, list[str]]]:
        """A bill by party, country, device and term: heading and lines of each."""
        for heading, costs in (
            ("text.by_party", {self.party(name): cost for name, cost in bill.by_party().items()}),
            ("text.by_country", {self.place(name): cost for name, cost in bill.by_country().items()}),
            ("head.device", bill.by_device()),
            ("head.term", {self.term(name): cost for name, cost in bill.by_term().items()}),
        ):
            rows = [f"  {name}: {render(cost.energy)} | {render(cost.carbon)}" for name, cost in costs.items()]
            yield self.say(heading), rows

    def _turn(self, way: str, turn: Turn) -> str:
        unit = "" if turn.unit in ("1", "round") else f" {turn.unit}"
        ends = [None if end is None else f"{_plain(end)}{unit}" for end in (turn.low, turn.high)]
        span = "" if None in ends else self.say("flip.span", low=ends[0], high=ends[1])
        return self.say(
            f"flip.{turn.federated}",
            topology=way,
            lever=self.say(f"lever.{turn.lever}"),
            at=f"{_plain(turn.at or 0.0)}{unit}",
            now=f"{_plain(turn.now)}{unit}",
            span=span,
        )

    def _coefficients(self, bill: Bill) -> Iterator[str]:
        for name, state in bill.boundary.items():
            if (key := f"coefficient.{_key(name)}") in self.messages:
                known = f"boundary.{state}"
                yield f"{self.say(key)}: {self.say(known) if known in self.messages else state}"
            elif name.startswith("constant "):
                yield state
        if "as measured" in bill.boundary[Term.COMPUTE.value]:
            yield self.say("boundary.measured")

    def _list(self, terms: list[str]) -> str:
        return self.say("note.join").join(self.term(name) for name in terms)


@cache
def _phrases(language: Language) -> re.Pattern[str]:
    """The words within names of choices that are said, the longest first."""
    known = [key.removeprefix("choice.") for key in table("federated", language) if key.startswith("choice.")]
    ordered = "|".join(re.escape(phrase) for phrase in sorted(known, key=len, reverse=True))
    return re.compile(rf"(?<![A-Za-z-])(?:{ordered})(?![A-Za-z-])")


def possible(turn: Turn) -> bool:
    """Whether the verdict turns at a value that can exist: there is no federation of less than a round."""
    return turn.at is not None and turn.possible and not (turn.lever == "rounds" and turn.at < 1)


def _plain(value: float) -> str:
    """Readable from nano to mega."""
    return f"{value:.2g}" if value and not 1e-3 <= abs(value) < 1e6 else significant(value, 3)


def _key(name: str) -> str:
    return re.sub(r"[^A-Za-z]+", "_", name)
