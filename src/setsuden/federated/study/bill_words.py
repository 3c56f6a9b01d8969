"""Words of a bill: what was charged, to whom and by which coefficients."""

from __future__ import annotations

import re
from collections.abc import Iterator

from setsuden.federated.price import Bill, ByLink, Term
from setsuden.language import Language, Messages

_MODEL = "network model"
_MAKING = (Term.EMBODIED.value, Term.SERVER_EMBODIED.value)


class BillWords:
    """Words of bills in one language."""

    def __init__(self, language: Language) -> None:
        self.messages = Messages("federated", language)
        self.say = self.messages.say
        self._networks = {ByLink("attribution").title: "attribution", ByLink("marginal").title: "marginal"}

    def term(self, name: str) -> str:
        """A term of the boundary."""
        return self.say(f"term.{_key(name)}")

    def party(self, name: str) -> str:
        """Devices, networks or the server."""
        return self.say(f"party.{name}")

    def network(self, title: str) -> str:
        """The model of the network's energy; published ones keep their own title."""
        view = self._networks.get(title)
        return title if view is None else self.say(f"network.{view}")

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


def _key(name: str) -> str:
    return re.sub(r"[^A-Za-z]+", "_", name)
