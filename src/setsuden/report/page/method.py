"""How the figures came about: rules, boundary, provenance, sensors, factors, limits, flags, and how to do it again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from setsuden.language import looked_up
from setsuden.language.codes import meaning
from setsuden.language.sentences import told
from setsuden.quantity import significant
from setsuden.report.numbers import edge_note, unit_text
from setsuden.report.page.context import Context
from setsuden.report.page.parts import (
    Block,
    Bullets,
    Cell,
    Code,
    Entries,
    Entry,
    Head,
    Section,
    Subheading,
    Table,
    Text,
    provenance_entries,
)
from setsuden.report.record import Flag, Scalar, SensorNote
from setsuden.report.words import Words

_SHOWN = 3
# Every "why?" on the page points to one of these.
EXPLAINED = ("training", "serving", "total", "accuracy", "carbon", "cost", "saving", "regret", "ratio", "forecast")


def method_section(context: Context) -> Section:
    """Measuring rule, intervals, and what each headline figure means."""
    words = context.words
    repeats = [repeat for c in context.pilot.configurations for repeat in c.repeats]
    rules = [words("method.rule")]
    if repeats:
        durations = sorted(repeat.duration_s for repeat in repeats if repeat.duration_s is not None)
        if durations:
            rules.append(
                words(
                    "method.windows",
                    windows=len(repeats),
                    configurations=len(context.pilot.configurations),
                    shortest=significant(durations[0], 2),
                    longest=significant(durations[-1], 2),
                )
            )
        warmups = [repeat.warmup_s for repeat in repeats if repeat.warmup_s is not None]
        if warmups:
            rules.append(words("method.warmup", most=significant(max(warmups), 2)))
    rules += [words("method.order"), words("method.interval"), words("method.idle"), words("method.accuracy")]
    if context.pilot.study.protocol != "default":
        rules.append(words("method.protocol", protocol=context.pilot.study.protocol))
    blocks: list[Block] = [
        Bullets(rules),
        Subheading(words("method.figures_heading")),
        Entries([Entry(words(f"why_term.{key}"), words(f"why.{key}"), f"why-{key}") for key in EXPLAINED]),
    ]
    return Section("method", words("method.heading"), blocks)


def boundary_section(context: Context) -> Section:
    """What is counted, by which sensors, and what the marks of provenance mean."""
    words = context.words
    sensors = context.pilot.machine.sensors
    rows = [
        [
            Cell(looked_up.channel(sensor.label or sensor.channel, words.language)),
            Cell(words.known("component", sensor.component)),
            Cell(words.known("sensor_method", sensor.method)),
            Cell(words.known("provenance", sensor.provenance)),
            Cell(_error(sensor, words)),
            Cell(looked_up.source(sensor.error_source or words("table.none"), words.language)),
            Cell(words("sensors.counted" if sensor.counted else "sensors.not_counted")),
        ]
        for sensor in sensors
    ]
    heads = [
        Head(words("sensors.label"), numeric=False),
        Head(words("sensors.component"), numeric=False),
        Head(words("sensors.method"), numeric=False),
        Head(words("sensors.provenance"), numeric=False),
        Head(words("sensors.error"), "%"),
        Head(words("sensors.source"), numeric=False),
        Head(words("sensors.counts"), numeric=False),
    ]
    table: Block = (
        Table("sensors-table", words("sensors.caption"), heads, rows)
        if rows
        else Text(words("sensors.missing"), "missing")
    )
    blocks: list[Block] = [
        Text(words("boundary.lead")),
        table,
        provenance_entries(words),
        Entries(
            [
                Entry(words(f"boundary.{key}"), words(f"boundary_meaning.{key}"))
                for key in ("device", "node", "node+PUE", "network", "embodied")
            ]
        ),
        Text(words("boundary.outside")),
    ]
    return Section("boundary", words("boundary.heading"), blocks)


def _error(sensor: SensorNote, words: Words) -> str:
    """How far the truth may lie below and above, %: ``-62 / +160``; one figure where both are the same."""
    above = sensor.relative_error
    if above is None:
        return words("table.none")
    below = above if sensor.relative_error_below is None else sensor.relative_error_below
    down, up = significant(below * 100, 2), significant(above * 100, 2)
    return f"±{up}" if down == up else f"\N{MINUS SIGN}{down} / +{up}"


def factors_section(context: Context) -> Section:
    """Every looked-up figure that entered, with its source."""
    words, language = context.words, context.words.language
    factors = context.pilot.factors
    if not factors:
        return Section("factors", words("factors.heading"), [Text(words("factors.missing"), "missing")])
    rows = []
    for factor in factors:
        interval = f" [{significant(factor.low)}, {significant(factor.high)}]" if factor.low != factor.high else ""
        rows.append(
            [
                Cell(looked_up.name(factor.name, language)),
                Cell(f"{significant(factor.value)}{interval} {_unit(factor.unit, context)}"),
                Cell(looked_up.source(factor.source, language)),
                Cell(str(factor.year) if factor.year is not None else words("page.unknown")),
                Cell(factor.licence or words("page.unknown")),
                Cell(looked_up.basis(factor.basis, language) or words("table.none")),
            ]
        )
    heads = [
        Head(words(f"factors.{key}"), numeric=False) for key in ("name", "value", "source", "year", "licence", "basis")
    ]
    note = edge_note(factors, words.messages)
    table = Table("factors-table", words("factors.caption"), heads, rows, note=note)
    return Section("factors", words("factors.heading"), [Text(words("factors.lead")), table])


def _unit(symbol: str, context: Context) -> str:
    try:
        return unit_text(symbol, context.words.messages)
    except ValueError:
        return symbol


def limits_section(context: Context) -> Section:
    """What the figures cannot tell, and the coded warnings."""
    words = context.words
    limits = [
        Entry(words.known("limit_term", code), words.explained("limit", code) or words("limits.unknown"))
        for code in context.pilot.limits
    ]
    blocks: list[Block] = [Entries(limits) if limits else Text(words("limits.none"))]
    blocks.append(Subheading(words("flags.heading"), "flags"))
    found = _flags(context)
    if not found:
        blocks.append(Text(words("flags.none")))
        return Section("limits", words("limits.heading"), blocks)
    heads = [
        Head(words(f"flags.{key}"), numeric=False, wide=key in ("meaning", "where"))
        for key in ("code", "meaning", "where", "detail")
    ]
    rows = [
        [
            Cell(code),
            Cell(meaning(code, words.language, "pilot") or words("flags.unknown")),
            Cell(_some(_places(items, context), context)),
            Cell(_some(_details(items, context), context) or words("table.none")),
        ]
        for code, items in found.items()
    ]
    blocks.append(Table("flags-table", words("flags.caption"), heads, rows))
    return Section("limits", words("limits.heading"), blocks)


def _flags(context: Context) -> dict[str, list[tuple[str, Flag]]]:
    """Flags by code, each with where it was raised."""
    found: dict[str, list[tuple[str, Flag]]] = {}
    for flag in context.pilot.flags:
        found.setdefault(flag.code, []).append((context.words("flags.whole"), flag))
    for c in context.pilot.configurations:
        for flag in c.flags:
            place = f"{context.names.short(c)} ({context.words(f'phase.{c.phase}')})"
            found.setdefault(flag.code, []).append((place, flag))
    return found


_WINDOWS = re.compile(r" \(\d+ of \d+ windows\)$")


def _details(items: Sequence[tuple[str, Flag]], context: Context) -> list[str]:
    """What was said, each sentence once, in however many windows."""
    details = (_WINDOWS.sub("", flag.detail) for _, flag in items if flag.detail)
    return [told(detail, context.words.language, "flag_details") for detail in details]


def _places(items: Sequence[tuple[str, Flag]], context: Context) -> list[str]:
    """Where a flag was raised; one word when it was everywhere."""
    whole = context.words("flags.whole")
    places = [place for place, _ in items if place != whole]
    if len(places) > 1 and len(set(places)) == len(context.pilot.configurations):
        places = [context.words("flags.everywhere")]
    return [whole] * (len(places) < len(items) and whole in dict(items)) + places


def _some(texts: Sequence[str], context: Context) -> str:
    """The first few, and how many more there are."""
    different = list(dict.fromkeys(texts))
    listed = context.words.listing(text.rstrip(".。") for text in different[:_SHOWN])
    return listed + (context.words("flags.more", count=len(different) - _SHOWN) if len(different) > _SHOWN else "")


def reproduce_section(context: Context) -> Section:
    """Command, versions, source state, machine, data."""
    words = context.words
    pilot = context.pilot
    blocks: list[Block] = []
    command = pilot.reproduce.command
    blocks.append(
        Code(command, words("reproduce.command")) if command else Text(words("reproduce.no_command"), "missing")
    )
    git = pilot.reproduce.git
    packages = pilot.reproduce.packages or pilot.machine.packages
    cpu = pilot.machine.cpu
    unknown = words("page.unknown")
    entries = [
        ("setsuden", pilot.setsuden_version or unknown),
        (words("reproduce.run"), pilot.reproduce.run_id or unknown),
        (words("reproduce.seed"), str(pilot.study.seed) if pilot.study.seed is not None else unknown),
        (words("reproduce.config"), pilot.study.config_sha256 or unknown),
        ("git", _git(git, words)),
        (words("reproduce.packages"), ", ".join(f"{name} {version}" for name, version in packages.items()) or unknown),
        ("Python", pilot.machine.python or unknown),
        (words("reproduce.os"), pilot.machine.os or unknown),
        ("CPU", words("reproduce.cpu", name=cpu.name or unknown, match=cpu.match or unknown)),
        (words("reproduce.power"), _settings(pilot.machine.power_settings) or unknown),
        ("GPU", words.listing(pilot.machine.gpus) or words("reproduce.no_gpu")),
        (words("reproduce.data"), _data(context)),
    ]
    cost = pilot.pilot_cost
    if cost is not None and cost.energy is not None and cost.duration_s is not None:
        said = words("reproduce.cost", energy=context.show(cost.energy), seconds=significant(cost.duration_s))
        entries.append((words("reproduce.cost_term"), said))
    blocks.append(Entries([Entry(term, text) for term, text in entries]))
    return Section("reproduce", words("reproduce.heading"), blocks)


def _settings(settings: Mapping[str, str | None]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items() if value)


def _git(git: Mapping[str, Scalar] | None, words: Words) -> str:
    if not git or not git.get("commit"):
        return words("reproduce.no_git")
    text = words("reproduce.git", commit=git["commit"], branch=git.get("branch") or words("page.unknown"))
    return text + words("reproduce.dirty") if git.get("dirty") else text


def _data(context: Context) -> str:
    data = context.pilot.data
    words = context.words
    return words(
        "reproduce.data_text",
        name=data.name,
        source=data.source or words("page.unknown"),
        licence=data.licence or words("page.unknown"),
    )
