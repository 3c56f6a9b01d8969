"""The first page: who, where, when; the verdict; the headline figures."""

from __future__ import annotations

from datetime import UTC, datetime

from setsuden.footprint.everyday import everyday
from setsuden.language.codes import meaning
from setsuden.quantity import Estimate
from setsuden.report.numbers import Shown, count, per_thousand
from setsuden.report.page.context import Context
from setsuden.report.page.parts import Card, Fact, boundary_text


def facts(context: Context) -> list[Fact]:
    """What the page is about, line by line."""
    words = context.words
    pilot = context.pilot
    unknown = words("page.unknown")
    cpu = pilot.machine.cpu
    machine = [cpu.name or unknown]
    if cpu.logical_cores is not None:
        machine.append(words("page.cores", count=count(cpu.logical_cores)))
    machine += pilot.machine.gpus
    data = [pilot.data.name]
    if pilot.data.train_samples is not None and pilot.data.test_samples is not None:
        data.append(words("page.samples", train=count(pilot.data.train_samples), test=count(pilot.data.test_samples)))
    return [
        Fact(words("page.trained_for"), _task(context)),
        Fact(words("page.data_line"), words.listing(data)),
        Fact(words("page.machine_line"), words.listing(machine)),
        Fact(words("page.when_line"), _moment(pilot.study.created_at)),
    ]


def _task(context: Context) -> str:
    study = context.pilot.study
    key = "page.task" if study.expected_requests else "page.task_training"
    return context.words(
        key,
        trainings=count(study.trainings),
        epochs=count(study.epochs_asked) if study.epochs_asked is not None else context.words("page.unknown"),
        requests=count(study.expected_requests or 0),
    )


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment.tzinfo else f"{moment:%Y-%m-%d %H:%M}"


def cards(context: Context) -> list[Card]:
    """Headline figures of the recommended option; none without one."""
    option = context.recommended
    if option is None:
        return []
    words = context.words
    found = [_card("total", option.total_energy, context)]
    if option.training_energy is not None:
        found.append(_card("training", option.training_energy, context))
    if option.serving_energy_per_request is not None:
        found.append(_card("serving", per_thousand(option.serving_energy_per_request), context))
    if option.accuracy is not None:
        note = _learnt(context)
        found.append(_card("accuracy", option.accuracy, context, shown=context.percent(option.accuracy), note=note))
    priced = context.pilot.footprint
    if priced is not None and priced.operational_carbon_kg is not None:
        found.append(_card("carbon", priced.operational_carbon_kg, context))
    if priced is not None and priced.cost is not None:
        found.append(_card("cost", priced.cost, context))
    against = context.pilot.decision.saving_against
    if against is not None:
        label = words.known("saving_label", against.label)
        saved, note = context.show(against.saving, context.total_unit), words("card.saving_note", label=label)
        found.append(_card("saving", against.saving, context, shown=saved, note=note))
    return found


def _learnt(context: Context) -> str:
    """After how much of the training that is priced the accuracy was reached."""
    trained = max((quality.epochs_trained or 0.0 for quality in context.pilot.quality), default=0.0)
    asked = context.pilot.study.epochs_asked
    if asked is None or not 0 < trained < asked:
        return context.words("card.accuracy_note")
    return context.words("card.accuracy_short", trained=f"{trained:.2g}", asked=count(asked))


def everyday_lines(context: Context) -> list[str]:
    """The energy in total and its carbon in everyday terms; none without a recommendation."""
    option, priced = context.recommended, context.pilot.footprint
    if option is None:
        return []
    return everyday(option.total_energy, priced.operational_carbon_kg if priced else None, context.words.language)


def cards_notes(context: Context) -> list[str]:
    """Why there is no carbon or cost, or what to know about them."""
    words = context.words
    priced = context.pilot.footprint
    if context.recommended is None:
        return []
    if priced is None or priced.operational_carbon_kg is None:
        return [words("card.no_site")]
    remarks = [note.code for note in priced.notes] + (["SET-NO-PRICE"] if priced.cost is None else [])
    return [said for code in dict.fromkeys(remarks) if (said := meaning(code, words.language, "pilot"))]


def _card(key: str, estimate: Estimate, context: Context, *, shown: Shown | None = None, note: str = "") -> Card:
    start = min(estimate.low, 0.0)
    reach = max(estimate.high, 0.0) - start
    span = None
    if reach > 0:
        low, value, high = ((number - start) / reach for number in (estimate.low, estimate.value, estimate.high))
        span = (low, value, high)
    return Card(
        key,
        context.words(f"card.{key}"),
        shown or context.show(estimate),
        f"why-{key}",
        boundary=boundary_text(estimate.boundary, context.words),
        note=note or context.words(f"card.{key}_note"),
        span=span,
    )
