"""A pilot in one language as a page: blocks of words, figures, tables and charts, before any markup."""

from __future__ import annotations

from setsuden.language import Language
from setsuden.report.page.batch import batch_section, ratio_section
from setsuden.report.page.configurations import configurations_section, trace_section
from setsuden.report.page.context import Context
from setsuden.report.page.forecasts import forecasts_section
from setsuden.report.page.headline import cards, cards_notes, everyday_lines, facts
from setsuden.report.page.indicators import indicators_section
from setsuden.report.page.method import (
    boundary_section,
    factors_section,
    limits_section,
    method_section,
    reproduce_section,
)
from setsuden.report.page.options import hero, options_section
from setsuden.report.page.parts import Page
from setsuden.report.record import Pilot
from setsuden.report.verdict import verdict
from setsuden.report.words import Words


def build(pilot: Pilot, language: Language) -> Page:
    """The page of a pilot."""
    words = Words(language)
    context = Context(pilot, words)
    said = verdict(pilot, words)
    return Page(
        language=language,
        title=words("page.title", study=pilot.study.name),
        study=pilot.study.name,
        facts=facts(context),
        headline=said.headline,
        because=said.because,
        sure=said.sure,
        confidence=said.confidence,
        confidence_word=words(f"confidence.{said.confidence}"),
        todo=said.todo,
        everyday=everyday_lines(context),
        saving=said.saving,
        flips=said.flips,
        break_even=said.break_even,
        warnings=said.warnings,
        cards=cards(context),
        cards_notes=cards_notes(context),
        hero=hero(context),
        sections=[
            options_section(context),
            batch_section(context),
            ratio_section(context),
            indicators_section(context),
            forecasts_section(context),
            trace_section(context),
            configurations_section(context),
            method_section(context),
            boundary_section(context),
            factors_section(context),
            limits_section(context),
            reproduce_section(context),
        ],
        version=pilot.setsuden_version,
    )


__all__ = ["build"]
