"""Requests: a path and what stands behind its question mark, each read with its range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast
from urllib.parse import parse_qs, quote, unquote, urlencode

from setsuden.dashboard.period import LENGTHS, OWN, STEPS, Period, Step, own_period, period_of
from setsuden.errors import InputError
from setsuden.language import LANGUAGES, Language

_MOST_FIELDS, _LONGEST, _LAST_PAGE = 64, 300, 1_000_000


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for.

    path       decoded, with its leading slash
    language   of the page
    default    the language of pages that are not asked for in another one
    """

    path: str
    fields: Mapping[str, Sequence[str]]
    language: Language
    default: Language

    def one(self, name: str) -> str:
        """The last value of a field, without spaces around it; empty where it was not given."""
        values = self.fields.get(name, ())
        return values[-1].strip()[:_LONGEST] if values else ""

    def many(self, name: str) -> tuple[str, ...]:
        """All values of a field, once each."""
        return tuple(dict.fromkeys(value.strip()[:_LONGEST] for value in self.fields.get(name, ()) if value.strip()))

    def choice(self, name: str, choices: Sequence[str]) -> str:
        """One of ``choices``; empty where the field was not given."""
        found = self.one(name)
        if found and found not in choices:
            raise InputError("no such choice", place=name, value=found, remedy="Use one of: " + ", ".join(choices))
        return found

    def day(self, name: str) -> date | None:
        """A date; None where the field was not given."""
        text = self.one(name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise InputError("not a date", place=name, value=text, remedy="Write it as 2026-11-30.") from None

    def page(self) -> int:
        """Number of a page, from 1."""
        text = self.one("page") or "1"
        if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= _LAST_PAGE:
            raise InputError("not the number of a page", place="page", value=text, remedy="Pages count from 1.")
        return int(text)

    def period(self, key: str, today: date) -> Period:
        """The period asked for; ``key`` where none is."""
        first, last = self.day("from"), self.day("to")
        chosen = self.choice("period", (*LENGTHS, OWN))
        if (first or last) and chosen in ("", OWN):
            return own_period(first, last)
        return period_of("all" if chosen == OWN else chosen or key, today)

    def step(self) -> Step | None:
        """Days, weeks or months; None where nothing was asked for."""
        found = self.choice("by", STEPS)
        return cast(Step, found) if found else None

    def link(self, path: str, fields: Mapping[str, object] | None = None, runs: Sequence[str] = ()) -> str:
        """The address of another page in the same language; empty fields are left out."""
        pairs = [(name, str(value)) for name, value in (fields or {}).items() if value not in ("", None)]
        pairs += [("run", run) for run in runs]
        if self.language != self.default:
            pairs.append(("lang", self.language))
        return quote(path) + (f"?{urlencode(pairs)}" if pairs else "")

    def kept(self, *without: str) -> dict[str, str]:
        """The fields of this request as they are, but those ``without``, the language and those given many times."""
        return {name: self.one(name) for name in self.fields if name not in {*without, "lang", "run"}}

    def said_in(self, language: Language) -> str:
        """The address of the same page in another language."""
        pairs = [(name, value) for name, values in self.fields.items() if name != "lang" for value in values]
        return f"{quote(self.path)}?{urlencode([*pairs, ('lang', language)])}"


def read(target: str, default: Language) -> Request:
    """A request's target, as a browser writes it; raises InputError for one that cannot be read."""
    path, _, query = target.partition("#")[0].partition("?")
    try:
        fields = parse_qs(query, keep_blank_values=False, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise InputError(
            "too many fields", value=query.count("&") + 1, remedy=f"At most {_MOST_FIELDS} are read."
        ) from None
    wanted = fields.get("lang", [""])[-1]
    language: Language = next((known for known in LANGUAGES if known == wanted), default)
    # a second slash would make an address of another site of it
    return Request("/" + unquote(path).lstrip("/\\"), fields, language, default)
