"""How many rounds a setting needs to the target: as measured, or scaled from there by an assumed rule."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from setsuden.errors import InputError
from setsuden.federated.plan.setting import Setting
from setsuden.federated.trace import Trace
from setsuden.language import Language, Messages
from setsuden.quantity import Estimate, Provenance

# Between epochs that help nothing and epochs that replace rounds; a convention, nothing here measured it.
BY_EPOCHS = Estimate(0.5, 0.0, 1.0, "1", Provenance.ASSUMED)
# Ten times the concurrency takes 1.5 to 2 times less time (arXiv 2303.14604, 5.3): exponents log10 of that.
BY_CONCURRENCY = Estimate(math.log10(1.75), math.log10(1.5), math.log10(2.0), "1", Provenance.ASSUMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundsToTarget:
    """rounds = R (E0 / E)^a (K0 / K)^b x factors, E local epochs, K concurrency; R as measured at ``at``.

    rounds          R, of the run (with interval over seeds, where there were several)
    at              the setting of that run
    by_epochs, by_concurrency   exponents a and b, assumed unless you give measured ones: 0 helps nothing, 1 saves
                    rounds in proportion
    factors         by the name of a packing or asking, and ``asynchronous``: times more rounds; a name that is absent
                    and differs from the run's is assumed to need from 1 to 2 times as many, and ``asynchronous`` from 1
                    to 2 times as many results of clients, of which fewer make a step (no fewer: arXiv 2303.14604 found
                    asynchronous training faster and dirtier)
    measured        settings that were run themselves; they need no rule
    """

    rounds: Estimate
    at: Setting
    by_epochs: Estimate = BY_EPOCHS
    by_concurrency: Estimate = BY_CONCURRENCY
    factors: Mapping[str, Estimate] = field(default_factory=dict)
    measured: Mapping[Setting, Estimate] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.rounds.low <= 0:
            raise InputError("a number of rounds is above 0", value=self.rounds.low)

    def of(self, setting: Setting, buffer_share: float = 1.0) -> Estimate:
        """Rounds of ``setting``, not rounded; the interval takes every combination of the rule's.

        buffer_share   asynchronous: results that make a step of the server, over the clients at work
        """
        if setting in self.measured:
            return self.measured[setting]
        found = _power(self.at.epochs / setting.epochs, self.by_epochs)
        found = found * _power(self.at.concurrency / setting.concurrency, self.by_concurrency)
        for name, differs in (
            (setting.packing.name, setting.packing.name != self.at.packing.name),
            (setting.asking.name, setting.asking.name != self.at.asking.name),
            ("asynchronous", setting.asynchronous != self.at.asynchronous),
        ):
            if differs:
                found = found * self.factors.get(name, UNKNOWN)
        if setting.asynchronous != self.at.asynchronous and "asynchronous" not in self.factors:
            there, here = (one.updates(buffer_share) / one.concurrency for one in (self.at, setting))
            found = found * (there / here)
        result = self.rounds * found
        return result if found.low == found.high == 1.0 else result.weakened(Provenance.ASSUMED)

    def rule(self, language: Language = "en") -> str:
        """What is assumed, in a sentence, to be printed with every plan."""
        say = Messages("federated", language).say
        return say(
            "plan.rule",
            rounds=f"{self.rounds.value:g}",
            epochs=self.at.epochs,
            by_epochs=_shown(self.by_epochs),
            concurrency=self.at.concurrency,
            by_concurrency=_shown(self.by_concurrency),
            first=say(f"plan.{self.by_epochs.provenance.value}"),
            second=say(f"plan.{self.by_concurrency.provenance.value}"),
            run=self.at.id,
            unknown=_shown(UNKNOWN),
        )


UNKNOWN = Estimate(1.25, 1.0, 2.0, "1", Provenance.ASSUMED)


def _shown(found: Estimate) -> str:
    return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"


def _power(base: float, exponent: Estimate) -> Estimate:
    ends = [base**exponent.low, base**exponent.high]
    return Estimate(base**exponent.value, min(ends), max(ends), "1", exponent.provenance)


def from_trace(trace: Trace, at: Setting, *, spread: float = 0.2) -> RoundsToTarget:
    """From one real run that reached its target.

    spread   half-width of the interval between seeds, a share: one run does not tell it, give yours where you have it
    """
    reached = trace.header.reached_round
    if reached is None:
        raise InputError(
            "this training did not reach its target, so it does not tell how many rounds that takes",
            value=trace.header.stop_reason,
            remedy="Train longer, or declare the rounds.",
        )
    held = int((trace.rounds.round <= reached).sum())
    rounds = Estimate.relative(float(held), spread, "1", Provenance.ESTIMATED)
    return RoundsToTarget(rounds=rounds, at=at)
