"""The standard formats of ``setsuden export``: from options to a rendered document."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from setsuden.cli.live_price import live_price
from setsuden.errors import InputError
from setsuden.language import Language

if TYPE_CHECKING:
    from setsuden.footprint import Footprint
    from setsuden.ledger import RunRecord
    from setsuden.report.formats.facts import Facts
    from setsuden.report.formats.subject import Rendered, Subject

# The formats' names, here so that the plain ones and --help need not load what renders reports.
NAMES = ("boamps", "hf", "sci", "if", "eu-gpai", "spdx", "cyclonedx", "codecarbon", "latex", "markdown")
# The command line's own names for what a footprint is made of.
_FOOTPRINT = ("site", "intensity", "live", "year", "pue", "embodied_kg")


def rendered(form: str, records: Sequence[RunRecord], language: Language, options: dict[str, Any]) -> Rendered:
    """The records in the format ``form``; see ``setsuden export --help`` for the options."""
    from setsuden.report.formats import render
    from setsuden.report.formats.subject import with_others

    facts = _facts(options)
    now = datetime.now(UTC)
    subjects = [_subject(record, facts, now, language, form, options) for record in records]
    return render(form, with_others(subjects))


def refuse_options(form: str, options: dict[str, Any]) -> None:
    """``json`` and ``csv`` hold the record as it is: options that shape the other formats mean nothing there."""
    given = [name for name, value in options.items() if name != "with_host" and value is not None]
    if given:
        flags = ", ".join("--" + name.replace("_", "-") for name in given)
        raise InputError(f"{flags} does not go with --format {form}", remedy=f"It shapes {', '.join(NAMES)}.")


def _subject(
    record: RunRecord, facts: Facts, now: datetime, language: Language, form: str, options: dict[str, Any]
) -> Subject:
    from setsuden.report.formats.redaction import redaction_of
    from setsuden.report.formats.subject import Subject

    return Subject(
        record=record,
        footprint=_footprint(record, options, language),
        facts=facts,
        now=now,
        redaction=redaction_of(record.identity, keep=bool(options["with_host"])),
        language=language,
        site=options["site"],
        model_card=_model_card(form, options["model_card"]),
    )


def _footprint(record: RunRecord, options: dict[str, Any], language: Language) -> Footprint | None:
    """None unless a place or an intensity was named: carbon is never guessed."""
    from setsuden.footprint import footprint
    from setsuden.footprint.from_run import from_record

    if options["site"] is None and options["intensity"] is None:
        given = [name for name in _FOOTPRINT if options[name] is not None]
        if given:
            flags = ", ".join("--" + name.replace("_", "-") for name in given)
            raise InputError(f"{flags} needs a place", remedy="Give --site CODE or --intensity G_PER_KWH.")
        return None
    run = from_record(record)
    site, intensity = options["site"], options["intensity"]
    if options["live"] is not None:
        if site is not None and intensity is not None:
            raise InputError("give --live or --intensity, not both")
        site, intensity = None, live_price(options["live"], site, run.windows, language)
    return footprint(
        run.energy,
        site=site,
        intensity=intensity,
        year=options["year"],
        pue=options["pue"],
        embodied=options["embodied_kg"],
    )


def _facts(options: dict[str, Any]) -> Facts:
    from setsuden.report.formats import facts_from
    from setsuden.report.formats.facts import Facts, FunctionalUnit

    facts = facts_from(str(options["facts"])) if options["facts"] is not None else Facts()
    changes: dict[str, Any] = {}
    if options["stage"] is not None:
        changes["stage"] = options["stage"]
    if options["per"] is not None:
        unit, _, count = str(options["per"]).partition("=")
        try:
            number = float(count)
        except ValueError:
            number = 0.0
        if not unit or not 0 < number < float("inf"):
            raise InputError(
                "is written UNIT=COUNT", place="--per", value=options["per"], remedy="Such as request=1e4."
            )
        changes["functional_unit"] = FunctionalUnit(unit=unit, count=number)
    return facts.model_copy(update=changes)


def _model_card(form: str, path: Path | None) -> str | None:
    if path is None:
        return None
    if form != "hf":
        raise InputError("a model card is merged by --format hf only", place="--model-card", value=str(path))
    try:
        # newline="" keeps the line ends of the card as they are
        with path.open(encoding="utf-8", newline="") as card:
            return card.read()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", place="--model-card", value=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", place="--model-card", value=str(path)) from error
