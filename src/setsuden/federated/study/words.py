"""What a study found, in sentences of one language: verdict first, then what would change it, then what to know."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from setsuden.decision import Assessment
from setsuden.federated.study.bill_words import BillWords, possible
from setsuden.federated.study.compare import Compared
from setsuden.federated.study.document import endings, epsilon_sampling, gap_of, targets, traffic
from setsuden.federated.study.run import Outcome
from setsuden.federated.study.verdict import UPLOAD, decide, median_index
from setsuden.language import Language, Messages, looked_up
from setsuden.quantity import Estimate, Provenance, render, significant

_SHOWN_FAULTS = 5


@dataclass(frozen=True, slots=True)
class Said:
    """The first lines a reader sees.

    confidence   clear, likely, too-close or none-feasible; None where nothing is priced
    """

    headline: str
    because: str
    sure: str
    confidence: str | None
    flips: tuple[str, ...]
    notes: tuple[str, ...]


class FederatedWords:
    """Words of one outcome."""

    def __init__(self, outcome: Outcome, language: Language) -> None:
        self.outcome = outcome
        self.language: Language = language
        self.say = Messages("federated", language).say
        self.bill = BillWords(language)
        self.decision = decide(outcome)
        self.space = "" if language == "ja" else " "

    def said(self) -> Said:
        """Everything."""
        say, decision = self.say, self.decision
        target = self.outcome.federation.tasks[0].stop.target
        to = say("verdict.to_end") if target is None else say("verdict.to_target", accuracy=percent(target))
        notes = tuple(self._notes())
        if decision is None:
            key = "verdict.unpriced" if self.outcome.fleet is None else "verdict.alone"
            return Said(say(key), "", "", None, (), notes)
        best = decision.recommended
        if best is None:
            headline = say("verdict.none", target="" if target is None else percent(target))
            return Said(headline, "", "", decision.confidence, (), notes)
        if decision.confidence == "too-close":
            headline = say("verdict.close", way=self.way(best))
        else:
            headline = (
                say("verdict.upload") if best == UPLOAD else say("verdict.federated", topology=self.topology(best))
            )
        found = decision.assessment(best)
        figures = {"target": to, "carbon": self._shown(found.figures["carbon"])}
        other = self._next_best(best)
        because = say("verdict.because", other=self.way(other), other_carbon=self._carbon_of(other), **figures)
        there = render(self.outcome.compared[0].declared.centralised.carbon)
        because = f"{because}{self.space}{say('verdict.there', carbon=there)}"
        sure = say("verdict.sure", probability=f"{found.best_probability:.0%}")
        if target is None:
            sure = f"{sure}{self.space}{self._unequal()}"
        return Said(headline, because, sure, decision.confidence, tuple(self._flips()), notes)

    @property
    def cleanest(self) -> int:
        """What is shown of one training alone is of this: the one that emits least of those that reached the target.

        Of all where none did, or where there is no target; the first where nothing is priced.
        """
        bills, trained = self.outcome.bills, self.outcome.trained

        def order(index: int) -> tuple[bool, float]:
            return trained[index].result.reached_round is None, bills[index].carbon.value

        return min(range(len(bills)), key=order, default=0)

    def way(self, option: str) -> str:
        """An option in words."""
        return self.say("way.upload") if option == UPLOAD else self.say("way.federated", topology=self.topology(option))

    def topology(self, name: str) -> str:
        """A topology in words."""
        return self.bill.topology(name)

    def choice(self, name: str) -> str:
        """A choice by its printed name in words."""
        return self.bill.choice(name)

    def network(self, choice: str) -> str:
        """A model of the network in words."""
        return self.bill.network_name(choice)

    def _unequal(self) -> str:
        """Without a target, trainings end at any quality."""
        central = self.outcome.centralised
        ends = [one.result.accuracy for one in self.outcome.trained] + [None if central is None else central.accuracy]
        known = [accuracy for accuracy in ends if accuracy is not None]
        return self.say("verdict.unequal", least=_share(min(known)), most=_share(max(known)))

    def _next_best(self, best: str) -> str:
        """The cheapest other way that reached the target, or any other where none did."""
        assert self.decision is not None
        others = [item for item in self.decision.assessments if item.option.id != best]
        able = [item for item in others if item.feasible] or others

        def grams(item: Assessment) -> float:
            figure = item.figures["carbon"]
            return math.inf if figure is None else figure.value

        return min(able, key=grams).option.id

    def _carbon_of(self, option: str) -> str:
        assert self.decision is not None
        return self._shown(self.decision.assessment(option).figures["carbon"])

    def _shown(self, figure: Estimate | None) -> str:
        return "–" if figure is None else render(figure)

    def _medians(self) -> list[Compared]:
        """The comparison of each topology that stands for it."""
        names = dict.fromkeys(one.topology for one in self.outcome.compared)
        return [self.outcome.compared[median_index(self.outcome, name)] for name in names]

    def _flips(self) -> Iterator[str]:
        still: dict[str, list[str]] = {}
        for one in self._medians():
            name, turns = self.topology(one.topology), one.turns_upload
            if any(map(possible, turns)):
                yield from self.bill.turns(name, turns)
            elif turns:
                still.setdefault("always" if turns[0].federated == "always" else "never", []).append(name)
        for kind, names in still.items():
            yield self.say(f"flip.{kind}", topology=self.say("note.join").join(names))

    def _notes(self) -> Iterator[str]:
        outcome, say = self.outcome, self.say
        header = outcome.trained[0].result.trace.header
        if header.stand_in:
            yield say("note.stand_in")
        yield from self._shortfalls()
        for one in self._medians():
            yield from self._networks(one)
            yield from self._grids(one)
        if outcome.fleet is not None:
            yield say("note.virtual")
        if len({one.task.seed for one in outcome.trained}) > 1:
            yield say("note.median")
            yield from self._spread()
        yield from self._of_trainings()
        yield from self._here()
        if outcome.bills:
            yield from self.bill.boundary(outcome.bills[0])

    def _shortfalls(self) -> Iterator[str]:
        target = self.outcome.federation.tasks[0].stop.target
        if target is None:
            return
        for one in self.outcome.trained:
            if one.result.reached_round is None:
                yield self.say(
                    "note.missed",
                    topology=self.topology(one.task.topology.name),
                    seed=one.task.seed,
                    rounds=len(one.result.trace.rounds.round),
                    accuracy=_share(one.result.accuracy),
                )
        central = self.outcome.centralised
        if central is not None and not central.reached:
            epochs = significant(central.epochs, 2)
            yield self.say("note.missed_central", epochs=epochs, accuracy=_share(central.accuracy))

    def _spread(self) -> Iterator[str]:
        """Rounds to the target over the seeds; a mean only where all of them reached it."""
        for row in targets(self.outcome):
            figures = ("mean", "median", "low", "high")
            shown = {name: "–" if row[name] is None else significant(row[name], 3) for name in figures}
            key = "note.spread_missed" if row["mean"] is None else "note.spread"
            said = {**row, **shown, "topology": self.topology(row["topology"]), "coverage": f"{row['coverage']:.0%}"}
            yield f"{self.say(key, **said)}{self.space}{self.say('note.median_rounds', **said)}"

    def _networks(self, one: Compared) -> Iterator[str]:
        rows = [row for row in one.rows if row.place is None and row.device is None]
        if len(rows) < 2:
            return
        ranked = sorted(rows, key=lambda row: row.federated.carbon.value)
        low, high = ranked[0], ranked[-1]
        yield self.say(
            "note.networks",
            topology=self.topology(one.topology),
            low=render(low.federated.carbon, interval=False),
            high=render(high.federated.carbon, interval=False),
            cheapest=self.bill.network_name(low.network),
            dearest=self.bill.network_name(high.network),
            factor=significant(high.federated.carbon.value / low.federated.carbon.value, 2),
        )

    def _grids(self, one: Compared) -> Iterator[str]:
        """Never one ratio without the other."""
        ratios = one.ratios
        if ratios is None:
            return
        same = ", ".join(
            f"{name} {significant(value, 2)}" for name, value in zip(ratios.places, ratios.same_grid, strict=True)
        )
        yield self.say("note.same_grid", topology=self.topology(one.topology), shares=same)
        cross = ratios.cross_grid
        least, most = np.unravel_index(cross.argmin(), cross.shape), np.unravel_index(cross.argmax(), cross.shape)
        yield self.say(
            "note.cross_grid",
            topology=self.topology(one.topology),
            least=significant(float(cross.min()), 2),
            most=significant(float(cross.max()), 2),
            clean=ratios.places[least[0]],
            dirty=ratios.places[least[1]],
            dirty_devices=ratios.places[most[0]],
            clean_centre=ratios.places[most[1]],
        )

    def _of_trainings(self) -> Iterator[str]:
        for name, one in {one.task.topology.name: one for one in self.outcome.trained}.items():
            if (gap := one.result.trace.header.spectral_gap) is not None:
                key = f"note.gap_{gap_of(one.task)}"
                yield self.say(key, gap=significant(gap, 2), topology=self.topology(name))
            if one.carried_bytes is not None and one.task.topology.peer_to_peer:
                sizes = {"links": size(sum(traffic(one.result.trace).values())), "flower": size(one.carried_bytes)}
                yield self.say("note.peers_over_flower", topology=self.topology(name), **sizes)
        yield from self._regions()
        for one in self.outcome.trained:
            result, names = one.result, {"topology": self.topology(one.task.topology.name), "seed": one.task.seed}
            if result.epsilon is not None and one.task.privacy is not None:
                epsilon, delta = significant(result.epsilon), f"{one.task.privacy.delta:g}"
                sampling = self.say(f"sampling.{epsilon_sampling(one.task)}")
                yield self.say("note.epsilon", epsilon=epsilon, delta=delta, sampling=sampling, **names)
            if (reason := result.trace.header.stop_reason) in ("time", "energy", "carbon"):
                yield self.say(f"note.ended_{reason}", rounds=len(result.trace.rounds.round), **names)
            ends = endings(result.trace)
            if lost := sum(count for ending, count in ends.items() if ending != "done"):
                yield self.say("note.dropped", count=lost, **names)
            for fault in result.faults[:_SHOWN_FAULTS]:
                yield self.say("note.fault", fault=str(fault), **names)
            if result.resumed_from:
                yield self.say("note.resumed", round=result.resumed_from, **names)

    def _regions(self) -> Iterator[str]:
        """Whom a training serves how well and how often it asked them: the bias of a selection."""
        one = self.outcome.trained[self.cleanest]
        regions = one.result.clients.by_region()
        if len(regions) < 2:
            return
        each = (
            self.say(
                "note.region",
                region=looked_up.place(name, self.language),
                accuracy=_share(None if math.isnan(share) else share),
                asked=f"{asked:.1f}",
            )
            for name, (share, asked) in regions.items()
        )
        yield self.say(
            "note.regions", topology=self.topology(one.task.topology.name), each=self.say("note.join").join(each)
        )

    def _here(self) -> Iterator[str]:
        measured = [one.measured for one in self.outcome.trained] + [self.outcome.central_measured]
        energies = [found.energy for found in measured if found is not None and found.energy is not None]
        if not energies:
            return
        whole = energies[0]
        for energy in energies[1:]:
            whole = whole + energy
        key = "note.measured" if whole.provenance is Provenance.MEASURED else "note.unmeasured"
        here = "note.here" if self.outcome.fleet is not None else "note.here_unpriced"
        yield self.say(here, energy=render(whole), share=self.say(key))


def size(count: float) -> str:
    """Bytes for reading."""
    return render(Estimate.exact(float(count), "B", Provenance.MEASURED))


def percent(share: float) -> str:
    """A share as it was stated: 0.995 is 99.5%, never 100%."""
    return f"{share * 100:.10g}%"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
