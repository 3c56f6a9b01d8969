"""The doctor's findings as text for a terminal."""

from __future__ import annotations

from setsuden.cli.common import terminal_width
from setsuden.language import Language, Messages, looked_up
from setsuden.language.columns import wrap
from setsuden.language.sentences import told
from setsuden.quantity import render
from setsuden.quantity.rendering import significant
from setsuden.sensors.diagnosis import basis, cpu_watts, modelled_watts
from setsuden.sensors.discovery import Discovery
from setsuden.sensors.protocol import Channel, Component, Finding, Method, Status

_INDENT = "    "
_ORDER = (Status.AVAILABLE, Status.MODELLED, Status.DENIED, Status.BROKEN, Status.ABSENT)


def doctor_text(found: Discovery, language: Language) -> str:
    """Headline, what was found and not, the processor, what counts, and what that is worth."""
    messages = Messages("doctor", language)
    blocks = [[messages.say("title")], _machine(found, messages)]
    for status in _ORDER:
        blocks += [_finding(item, messages) for item in found.findings if item.status is status]
    blocks += [_processor(found, messages), _counted(found, messages), _verdict(found, messages), [messages.say("see")]]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _machine(found: Discovery, messages: Messages) -> list[str]:
    machine, limits = found.machine, found.limits
    virtual = messages.say("virtual") if machine.virtual else ""
    lines = _wrapped(
        messages.say(
            "machine",
            cpu=machine.cpu_name or messages.say("unknown_cpu"),
            threads=machine.threads,
            memory=_size(machine.memory_bytes) or messages.say("unknown_memory"),
            virtual=virtual,
        )
    )
    if limits.limited:
        parts = [messages.say("limit_cpus", cpus=f"{limits.cpus:g}")] if limits.cpus is not None else []
        parts += [messages.say("limit_memory", memory=_size(limits.memory_bytes))] if limits.memory_bytes else []
        lines += _wrapped(messages.say("container", limits=", ".join(parts)))
    return lines


def _finding(item: Finding, messages: Messages) -> list[str]:
    status = messages.say(f"status.{item.status}")
    values = ((name, _said(name, value, messages.language)) for name, value in item.values)
    item = item._replace(values=tuple(values))
    lines = _wrapped(f"[{status}] {item.worded('detail', messages.language)}")
    accuracy, remedy = (item.worded(part, messages.language) for part in ("accuracy", "remedy"))
    if accuracy:
        lines += _wrapped(messages.say("accuracy", text=accuracy), _INDENT)
    if remedy and item.status is not Status.MODELLED:
        lines += _commands(messages.say("remedy", text=remedy))
    return lines


def _said(name: str, value: str, language: Language) -> str:
    """What fills a finding: the basis of an accuracy is a looked-up source; errors and reasons have words of errors."""
    if name == "basis":
        return looked_up.source(value, language)
    return told(value, language, "errors") if name in ("error", "reason") else value


def _processor(found: Discovery, messages: Messages) -> list[str]:
    part = found.cpu
    if part is None:
        return []
    matched = messages.say(f"matched_how_{part.match.how}", row=part.match.row.name, seen=part.match.seen)
    idle, full = (render(cpu_watts(part, share)).replace(" W", "", 1) for share in (0.0, 1.0))
    rule = part.share.rule(messages.language)
    return _wrapped(matched) + _wrapped(messages.say("matched_power", idle=idle, full=full, rule=rule))


def _counted(found: Discovery, messages: Messages) -> list[str]:
    counted = [channel for channel in found.channels if channel.id in found.counted]
    aside = [channel for channel in found.channels if channel.id not in found.counted]
    lines = _wrapped(messages.say("total", channels=_labels(counted, messages))) if counted else []
    return lines + (_wrapped(messages.say("aside", channels=_labels(aside, messages))) if aside else [])


def _verdict(found: Discovery, messages: Messages) -> list[str]:
    kind = basis(found)
    if kind == "measured":
        return _wrapped(messages.say("all_measured"))
    if kind == "nothing":
        return _wrapped(messages.say("nothing"))
    counted = [channel for channel in found.channels if channel.id in found.counted]
    if kind == "partly estimated":
        modelled = [channel for channel in counted if channel.method is Method.MODEL]
        measured = [channel for channel in counted if channel.method is not Method.MODEL]
        named = {"measured": _labels(measured, messages), "estimated": _labels(modelled, messages)}
        return _wrapped(messages.say("partly_estimated", **named))
    full = modelled_watts(found, 1.0)
    if full is None or any(channel.component not in (Component.CPU, Component.DRAM) for channel in counted):
        return _wrapped(messages.say("partly_estimated", measured="-", estimated=_labels(counted, messages)))
    low, value, high = (significant(60 * watts, 2) for watts in (full.low, full.value, full.high))
    return _wrapped(messages.say("estimate_only", energy=value, low=low, high=high))


def _labels(channels: list[Channel], messages: Messages) -> str:
    return ", ".join(looked_up.channel(channel.label, messages.language) for channel in channels)


def _size(count: int | None) -> str | None:
    return f"{count / 1e9:.3g} GB" if count else None


def _commands(text: str) -> list[str]:
    """Commands are never broken, so that they can be copied; prose around them is."""
    first, *rest = text.rstrip().split("\n")
    if not rest:
        return [_INDENT + first]
    return [_INDENT + first.rstrip(), *(_INDENT + line for line in rest)]


def _wrapped(text: str, indent: str = "") -> list[str]:
    """Lines of the terminal's width."""
    return [indent + line for line in wrap(text, terminal_width() - len(indent), indent="" if indent else _INDENT)]
