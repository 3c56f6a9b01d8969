"""The verdict in sentences: what to choose, why, how sure, what would change it. The same for page and terminal."""

from __future__ import annotations

from dataclasses import dataclass

from setsuden.meter.codes import BUSY_SHARE
from setsuden.quantity import Estimate, significant
from setsuden.report.numbers import count, percent, rounded, shown, total_unit, unit_text
from setsuden.report.record import BreakEven, Flip, Option, Pilot, Violation
from setsuden.report.words import Names, Words


@dataclass(frozen=True, slots=True)
class Verdict:
    """Sentences for the top of every view.

    headline     what to choose, one sentence
    because      why, one sentence; empty when nothing can be recommended
    sure         how sure, in words
    todo         what to do now, one sentence each, the most important first
    saving       what is saved against the stated alternative; empty when not stated
    flips        what would change the choice, one sentence each; empty without options
    break_even   from how many requests on another option is the cheaper; empty where nothing is to be weighed
    warnings     what the figures rest on, when a reader must know before believing them
    """

    headline: str
    because: str
    sure: str
    todo: tuple[str, ...]
    saving: str
    flips: tuple[str, ...]
    break_even: str
    warnings: tuple[str, ...]
    confidence: str


def verdict(pilot: Pilot, words: Words) -> Verdict:
    """The verdict of a pilot in one language."""
    names = Names(pilot, words)
    decision = pilot.decision
    option = decision.option(decision.recommended)
    runner_up = decision.option(decision.runner_up)
    return Verdict(
        headline=_headline(pilot, option, runner_up, names, words),
        because=_because(pilot, option, words),
        sure=_sure(pilot, option, runner_up, names, words),
        todo=tuple(_todo(pilot, words)),
        saving=_saving(pilot, names, words),
        flips=_flips(pilot, names, words),
        break_even=_break_even(pilot, names, words),
        warnings=tuple(_warnings(pilot, words)),
        confidence=_confidence(pilot),
    )


def _flips(pilot: Pilot, names: Names, words: Words) -> tuple[str, ...]:
    found = tuple(flip_sentence(flip, names, words) for flip in pilot.decision.flips)
    return found or ((words("flip.none"),) if pilot.decision.options else ())


def _confidence(pilot: Pilot) -> str:
    known = ("clear", "likely", "too-close", "none-feasible")
    confidence = pilot.decision.confidence
    if not pilot.decision.options:
        return "no-options"
    if pilot.decision.option(pilot.decision.recommended) is None:
        return "none-feasible"
    return confidence if confidence in known else "too-close"


def _headline(pilot: Pilot, option: Option | None, runner_up: Option | None, names: Names, words: Words) -> str:
    if option is None:
        return words("verdict.none" if pilot.decision.options else "verdict.no_options")
    if pilot.decision.undecided:
        return words("verdict.undecided", option=names.said(option))
    if _confidence(pilot) == "too-close" and runner_up is not None:
        return words("verdict.close", option=names.said(option), other=names.said(runner_up))
    return words("verdict.choose", option=names.full(option))


def _because(pilot: Pilot, option: Option | None, words: Words) -> str:
    if option is None:
        return _nearest_miss(pilot, words)
    requests = pilot.study.expected_requests
    feasible = [candidate for candidate in pilot.decision.options if candidate.feasible]
    case = (
        "_single"
        if len(pilot.decision.options) == 1
        else "_only"
        if len(feasible) == 1
        else "_close"
        if _confidence(pilot) == "too-close"
        else ""
    )
    text = words(
        f"verdict.because{case}" if requests else f"verdict.because_training{case}",
        option=Names(pilot, words).said(option),
        energy=shown(option.total_energy, words.messages),
        requests=count(requests or 0),
        feasible=len(feasible),
        options=len(pilot.decision.options),
    )
    if option.accuracy is not None:
        text += words("verdict.accuracy", accuracy=percent(option.accuracy, words.messages))
    if len({each.model for each in pilot.decision.options}) == 1:
        text += words("verdict.only_model")
    return text


def _todo(pilot: Pilot, words: Words) -> list[str]:
    """How to act on it, then what would make it surer."""
    decision = pilot.decision
    said = [words("todo.undecided" if decision.undecided else f"todo.{_confidence(pilot)}")]
    if decision.option(decision.recommended) is None:
        return said
    if not decision.undecided and any(item.code == "short-training" for item in decision.reservations):
        said.append(words("todo.train_longer"))
    surer = [_measure_next(pilot, words)]
    if pilot.machine.measured_share == 0:
        surer.append(words("todo.modelled"))
    return said + [sentence for sentence in surer if sentence]


def _break_even(pilot: Pilot, names: Names, words: Words) -> str:
    """The recommended option against the one next to it, by number of requests."""
    chosen = pilot.decision.recommended
    against = pilot.decision.runner_up
    pairs = [item for item in pilot.decision.break_even if chosen is not None and chosen in (item.a, item.b)]
    nearest = next((item for item in pairs if against in (item.a, item.b)), next(iter(pairs), None))
    return "" if nearest is None else break_even_sentence(nearest, names, words)


def _nearest_miss(pilot: Pilot, words: Words) -> str:
    """With nothing feasible, the reader needs to know which limit stands in the way."""
    blocking = sorted({violation.constraint for option in pilot.decision.options for violation in option.violations})
    if not blocking:
        return ""
    return words("verdict.blocked", limits=words.listing(words.known("constraint", name) for name in blocking))


def _sure(pilot: Pilot, option: Option | None, runner_up: Option | None, names: Names, words: Words) -> str:
    if option is None:
        return words(f"sure.{_confidence(pilot)}")
    text = words(f"sure.{_confidence(pilot)}")
    if option.best_probability is not None:
        text += words("sure.probability", probability=f"{option.best_probability * 100:.0f} %")
    same_model, alone = pilot.decision.agreement.get("model"), option.best_probability or 0.0
    if same_model is not None and same_model > alone + 0.005 and len({o.model for o in pilot.decision.options}) > 1:
        text += words("sure.model", probability=f"{same_model * 100:.0f} %")
    rival = _rival(pilot, option)
    if rival is not None:
        key = "sure.rival" if _surer(rival, option) else "sure.rival_free"
        text += words(key, option=names.said(rival), probability=f"{(rival.best_probability or 0) * 100:.0f} %")
    elif runner_up is not None:
        text += words("sure.runner_up", option=names.said(runner_up))
    return text + _held_back(pilot, names, words)


def _held_back(pilot: Pilot, names: Names, words: Words) -> str:
    """What the probabilities leave out: accuracies that are missing, mean nothing, or are of short trainings."""
    said = ""
    for item in pilot.decision.reservations:
        models = words.listing(names.model(model) for model in item.models)
        trained = f"{item.epochs_trained or 0:.2g}"
        asked = count(item.epochs_asked) if item.epochs_asked is not None else words("page.unknown")
        said += words(f"reservation.{item.code}", models=models, trained=trained, asked=asked)
    return said + (words("reservation.remedy") if pilot.decision.undecided else "")


def _rival(pilot: Pilot, option: Option) -> Option | None:
    """The feasible option that is the best in clearly more cases than the one recommended, which is cheapest by best
    figures; None where there is none."""
    rivals = [each for each in pilot.decision.options if each.feasible and each.best_probability is not None]
    best = max(rivals, key=lambda each: each.best_probability or 0.0, default=None)
    if best is None or best.id == option.id or option.best_probability is None:
        return None
    return best if (best.best_probability or 0.0) > option.best_probability + 0.005 else None


def _surer(rival: Option, option: Option) -> bool:
    """Whether the rival keeps the limits more often."""
    return (rival.feasible_probability or 0.0) > (option.feasible_probability or 0.0)


def _saving(pilot: Pilot, names: Names, words: Words) -> str:
    against = pilot.decision.saving_against
    if against is None:
        return ""
    share = against.saving_share
    number = share.value if isinstance(share, Estimate) else share
    key = "sentence_plain" if number is None else "sentence" if against.saving.low > 0 else "sentence_unsure"
    return words(
        f"saving.{key}",
        saving=shown(against.saving, words.messages, in_unit=total_unit(pilot)),
        share=f"{(number or 0) * 100:.0f} %",
        label=words.known("saving_label", against.label),
        option=names.of(against.id),
    )


def flip_sentence(flip: Flip, names: Names, words: Words) -> str:
    """One change that would change the choice."""
    becomes = names.served(flip.becomes, flip.serving_batch_size)
    key = f"flip.{flip.factor}"
    if flip.to is None:
        return words("flip.other", factor=words.known("factor_name", flip.factor), option=becomes)
    direction = flip.direction or ("up" if flip.from_ is None or flip.to >= flip.from_ else "down")
    value = _limit_value(flip.factor, flip.to)
    if f"{key}.{direction}" not in words.messages:
        return words("flip.value", factor=flip.factor, value=value, option=becomes)
    if flip.becomes is None:
        return words(f"{key}.{direction}_none", value=value)
    return words(f"{key}.{direction}", value=value, option=becomes)


def _factor_value(factor: str, value: float) -> str:
    if factor == "accuracy_floor":
        return f"{value * 100:.1f} %"
    if factor == "latency_ceiling_ms":
        return f"{value:,.3g} ms"
    return count(float(f"{value:.3g}") if value >= 1000 else round(value)) if value >= 10 else f"{value:.3g}"


def violation_sentence(violation: Violation, words: Words) -> str:
    """Which limit is missed, and by what: ``accuracy 94.1 % < 95.2 %``."""
    name = words.known("constraint", violation.constraint)
    if violation.value is None or violation.limit is None:
        return name
    sign = "<" if violation.value < violation.limit else ">"
    value, limit = (_limit_value(violation.constraint, number) for number in (violation.value, violation.limit))
    return f"{name} {value} {sign} {limit}"


def _limit_value(constraint: str, value: float) -> str:
    if constraint == "energy_budget_j":
        return f"{value:,.3g} J" if value < 1000 else f"{value / 3600:,.3g} Wh"
    return _factor_value(constraint, value)


def break_even_sentence(item: BreakEven, names: Names, words: Words) -> str:
    """Which of two options is the cheaper, and from how many requests on."""
    a, b = names.of(item.a), names.of(item.b)
    value_of = item.requests.value if item.requests is not None else item.requests_value
    if value_of is None or item.verdict == "never":
        dearer = {item.a: b, item.b: a}.get(item.cheaper or "")
        if dearer is None:
            return words("break_even.equal", a=a, b=b)
        return words("break_even.never", cheaper=names.of(item.cheaper), dearer=dearer)
    value = rounded(value_of)
    key = item.verdict if f"break_even.{item.verdict}" in words.messages else "cross"
    return words(f"break_even.{key}", a=a, b=b, requests=value)


def _measure_next(pilot: Pilot, words: Words) -> str:
    item = pilot.decision.measure_next
    if item is None:
        return ""
    configuration = next((c for c in pilot.configurations if c.id == item.factor), None)
    factor = words.known("factor_name", item.factor)
    if configuration is not None:
        name = Names(pilot, words).said(configuration)
        factor = words("next.configuration", name=name, phase=words(f"phase.{configuration.phase}"))
    if item.gain is None and item.of is not None:
        return words("next.limited", factor=factor, option=Names(pilot, words).of(item.of))
    if item.gain is None:
        return words("next.plain", factor=factor)
    gain = item.gain.to(total_unit(pilot) or item.gain.unit)
    said = f"{significant(gain.value, 2)} {unit_text(gain.unit, words.messages)}"
    return words("next.gain", factor=factor, gain=said)


def _warnings(pilot: Pilot, words: Words) -> list[str]:
    share = pilot.machine.measured_share
    warnings = []
    busy = pilot.idle.busy_share
    if busy is not None and busy > BUSY_SHARE:
        warnings.append(words("warn.busy", share=f"{busy * 100:.0f} %"))
    if share is not None and share <= 0:
        warnings.append(words("warn.all_modelled"))
    elif share is not None and share < 0.995:
        warnings.append(words("warn.part_modelled", share=f"{share * 100:.0f} %"))
    elif share is None:
        warnings.append(words("warn.unknown_share"))
    if pilot.machine.virtualised:
        warnings.append(words("warn.virtual"))
    return warnings
