"""Which way to train emits least among those that reach the target, and how sure that is."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from setsuden.decision import Composite, Constraint, Decision, Objective, Option, Part, recommend
from setsuden.federated.price import Bill
from setsuden.federated.study.run import Outcome, Trained
from setsuden.quantity import Estimate, Provenance

CENTRAL, UPLOAD = "centralised", "centralised, data sent there"
CARBON, ACCURACY = "carbon", "accuracy"
_decided: WeakKeyDictionary[Outcome, Decision | None] = WeakKeyDictionary()


def decide(outcome: Outcome) -> Decision | None:
    """Federations of each topology against one place to which the data is sent first; None without prices.

    With several seeds the trace whose carbon is the median stands for its topology. Figures of one party (clients,
    links, server) are one unknown over all options: the same devices and networks are meant. Where a target is set,
    an option that did not reach it is not feasible. Worked out once for each outcome.
    """
    if outcome not in _decided:
        _decided[outcome] = _decision(outcome)
    return _decided[outcome]


def _decision(outcome: Outcome) -> Decision | None:
    if not outcome.compared or outcome.centralised is None:
        return None
    options = [_option(_median(outcome, name)) for name in _topologies(outcome)]
    first = outcome.compared[0].declared
    options.append(_priced(UPLOAD, first.upload, outcome.centralised.accuracy, bool(outcome.centralised.reached)))
    target = outcome.federation.tasks[0].stop.target
    limits = () if target is None else (Constraint("reached", 1.0, "at_least", "target"),)
    return recommend(options, Objective(CARBON), limits)


def median_index(outcome: Outcome, topology: str) -> int:
    """Which of ``outcome.trained`` stands for a topology: the (lower) median by carbon where there are prices."""
    own = [index for index, one in enumerate(outcome.trained) if one.task.topology.name == topology]
    if not outcome.bills:
        return own[0]
    ranked = sorted(own, key=lambda index: outcome.bills[index].carbon.value)
    return ranked[(len(ranked) - 1) // 2]


def _topologies(outcome: Outcome) -> list[str]:
    return list(dict.fromkeys(one.task.topology.name for one in outcome.trained))


def _median(outcome: Outcome, topology: str) -> tuple[Trained, Bill]:
    index = median_index(outcome, topology)
    return outcome.trained[index], outcome.bills[index]


def _option(found: tuple[Trained, Bill]) -> Option:
    one, bill = found
    reached = one.result.reached_round is not None
    return _priced(one.task.topology.name, bill, one.result.accuracy, reached)


def _priced(name: str, bill: Bill, accuracy: float | None, reached: bool) -> Option:
    parts = tuple(Part(cost.carbon.within(None), source=party) for party, cost in bill.by_party().items())
    metrics: dict[str, Estimate | Composite] = {
        CARBON: Composite(parts),
        "reached": Estimate.exact(float(reached), "1", Provenance.MEASURED),
    }
    if accuracy is not None:
        metrics[ACCURACY] = Estimate.exact(accuracy, "1", Provenance.MEASURED)
    return Option(name, metrics)
