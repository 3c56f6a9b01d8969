"""``setsuden ledger``: the ledger's own state, and a team's database that runs are sent to and fetched from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from setsuden.cli.common import WholeHelp, json_option, lang_option, print_json, tell
from setsuden.cli.ledger_option import ledger_option, open_ledger
from setsuden.language import Language, Messages
from setsuden.language.refusal import refusal

if TYPE_CHECKING:
    from setsuden.ledger.inspection import Overview
    from setsuden.team import Address, Outcome, Remote, Selection
    from setsuden.team.standing import Standing

_VARIABLE = "SETSUDEN_TEAM_LEDGER"
_REFUSED = "refused"


def _address_option(name: str, what: str) -> Callable[[Any], Any]:
    return click.option(
        name, "address", metavar="URL", envvar=_VARIABLE,
        help=f"{what}, as postgresql://USER@HOST/DATABASE; default: ${_VARIABLE}.",
    )  # fmt: skip


def _selecting(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option(
            "--since",
            metavar="TIME",
            help="Only runs that began then or later, such as 2026-06-01; UTC where no zone is named.",
        ),
        click.option("--tag", help="Only runs with this tag."),
        click.option("--name", help="Only runs of this name."),
        click.option("--kind", help="Only runs of this kind: meter, command, pilot."),
    ):
        command = option(command)
    return command


@click.group(cls=WholeHelp)
def ledger() -> None:
    """The ledger's own state, and a team's database that runs are sent to and fetched from.

    Measuring writes the local ledger only; the database is asked by send, fetch and status.
    """


@ledger.command()
@_address_option("--to", "The team's database")
@_selecting
@click.option("--running", is_flag=True, help="Runs that still go on, too, as far as they are.")
@click.option("--with-host", is_flag=True, help="Keep host, user and folder names and the command line.")
@ledger_option
@json_option
@lang_option
def send(
    address: str | None, running: bool, with_host: bool, ledger_path: Path | None, as_json: bool, language: Language,
    **selected: str | None,
) -> None:  # fmt: skip
    """Send the runs measured here that the team's database lacks or has in an older state.

    Each run goes whole or not at all; the same command goes on where one was broken off. Exits with 1 where a run was
    refused.
    """
    from setsuden.team import Address, Remote, choose
    from setsuden.team import send as sending

    selection = _selection(selected)
    target = Address.parse(address)
    with open_ledger(ledger_path) as opened:
        chosen = choose(opened, selection, running=running)
        with Remote(target, to_write=True) as remote:
            say = _heading("send.to", remote, as_json, language)
            outcomes = _told(sending(opened, remote, chosen.runs, with_host=with_host), as_json, language)
            encrypted = remote.encrypted
    if as_json:
        print_json(
            {
                "to": target.label,
                "encrypted": encrypted,
                "redacted": not with_host,
                "running": chosen.running,
                "fetched": chosen.fetched,
                "runs": [outcome.to_json() for outcome in outcomes],
            }
        )
    else:
        tell(say("send.done", **_counted(outcomes, "sent", "updated", "there", "newer", _REFUSED)))
        if chosen.running:
            tell(say("send.running", count=chosen.running))
        if chosen.fetched:
            tell(say("send.fetched", count=chosen.fetched))
        tell(say("send.next"))
    _exit(outcomes)


@ledger.command()
@_address_option("--from", "The team's database")
@_selecting
@click.option(
    "--into",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Ledger file to write; default: team.sqlite beside your own ledger.",
)
@json_option
@lang_option
def fetch(address: str | None, into: Path | None, as_json: bool, language: Language, **selected: str | None) -> None:
    """Fetch the team's runs into a local ledger, which every command reads as SETSUDEN_LEDGER or with --ledger.

    Only runs that are new or have changed go over the network; a run that the file itself measured stays as it is.
    Exits with 1 where a run was refused.
    """
    from setsuden.ledger import Ledger, default_path
    from setsuden.team import Address, Remote
    from setsuden.team import fetch as fetching

    selection = _selection(selected)
    source = Address.parse(address)
    path = into or default_path().with_name("team.sqlite")
    with Remote(source, to_write=False) as remote, Ledger.open(path) as opened:
        say = _heading("fetch.from", remote, as_json, language)
        outcomes = _told(fetching(remote, opened, selection), as_json, language)
        encrypted = remote.encrypted
    if as_json:
        print_json(
            {
                "from": source.label,
                "encrypted": encrypted,
                "into": str(path),
                "runs": [outcome.to_json() for outcome in outcomes],
            }
        )
    else:
        tell(say("fetch.done", **_counted(outcomes, "fetched", "updated", "there", "own", _REFUSED)))
        tell(say("fetch.next", path=path))
    _exit(outcomes)


@ledger.command()
@_address_option("--to", "The team's database, to compare with")
@ledger_option
@json_option
@lang_option
def status(address: str | None, ledger_path: Path | None, as_json: bool, language: Language) -> None:
    """Where the ledger lies, how large it is, which runs it has, and what a team's database has of them."""
    from setsuden.errors import LedgerError
    from setsuden.ledger.inspection import overview
    from setsuden.team import Address, Remote
    from setsuden.team.standing import standing

    found: Standing | None = None
    fault: LedgerError | None = None
    with open_ledger(ledger_path) as opened:
        seen = overview(opened)
        target = Address.parse(address) if address else None
        if target is not None:
            try:
                with Remote(target, to_write=False) as remote:
                    found = standing(opened, remote)
            except LedgerError as error:
                fault = error
    if as_json:
        team = {"unreachable": str(fault)} if fault is not None else None if found is None else found.to_json()
        print_json({**_overview_document(seen), "team": team})
        return
    say = Messages("team", language).say
    for line in _overview_lines(seen, language):
        tell(line)
    if fault is not None:
        tell(say("status.unreachable", reason=refusal(fault, language)))
    elif found is None:
        tell(say("status.no_team", variable=_VARIABLE))
    else:
        assert target is not None
        way = _way(target, found.encrypted, say)
        tell(say("status.team", server=found.server, way=way, version=found.version, runs=found.runs))
        sent = say("status.never") if found.last_sent is None else _time(found.last_sent)
        tell(say("status.sent", ours=found.ours, missing=found.missing, last=sent))


@ledger.command()
@ledger_option
@json_option
@lang_option
def check(ledger_path: Path | None, as_json: bool, language: Language) -> None:
    """Read the whole ledger, to the last sample, and say what cannot be read. Exits with 1 where something cannot."""
    from setsuden.ledger.inspection import overview, problems

    with open_ledger(ledger_path) as opened:
        found = list(problems(opened))
        runs = 0 if found else sum(overview(opened).statuses.values())
    if as_json:
        listed = [{"run": problem.run, "what": str(problem.error)} for problem in found]
        print_json({"ledger": str(opened.path), "sound": not found, "problems": listed})
    else:
        say = Messages("team", language).say
        for problem in found:
            tell(say("check.problem", run=problem.run or say("check.file"), what=refusal(problem.error, language)))
        tell(say("check.bad", count=len(found)) if found else say("check.sound", runs=runs, path=opened.path))
    if found:
        raise SystemExit(1)


def _selection(selected: dict[str, str | None]) -> Selection:
    from setsuden.team import Selection
    from setsuden.team.selection import since

    return Selection(selected["kind"], selected["name"], selected["tag"], since(selected["since"]))


def _heading(key: str, remote: Remote, as_json: bool, language: Language) -> Callable[..., str]:
    say = Messages("team", language).say
    if not as_json:
        tell(say(key, server=remote.address.label, way=_way(remote.address, remote.encrypted, say)))
    return say


def _way(address: Address, encrypted: bool, say: Callable[..., str]) -> str:
    return say("way.encrypted" if encrypted else "way.near" if address.near else "way.plain")


def _told(outcomes: Iterable[Outcome], as_json: bool, language: Language) -> list[Outcome]:
    """All of them, each said as soon as it is known; what is there already is only counted."""
    say, found = Messages("team", language).say, []
    for outcome in outcomes:
        found.append(outcome)
        if as_json or outcome.result in ("there", "own"):
            continue
        what = say(f"result.{outcome.result}", samples=f"{outcome.samples:,}")
        if outcome.error is not None:
            what = say("result.why", what=what, reason=refusal(outcome.error, language))
        tell(say("run", id=outcome.id, name=outcome.name, what=what))
    return found


def _counted(outcomes: Iterable[Outcome], *results: str) -> dict[str, int]:
    counts = Counter(outcome.result for outcome in outcomes)
    return {result: counts.get(result, 0) for result in results}  # type: ignore[call-overload]


def _exit(outcomes: Iterable[Outcome]) -> None:
    if any(outcome.result == _REFUSED for outcome in outcomes):
        raise SystemExit(1)


def _overview_document(seen: Overview) -> dict[str, Any]:
    return {
        "ledger": seen.path,
        "size_bytes": seen.size_bytes,
        "schema": seen.schema,
        "runs": seen.statuses,
        "cut_off": list(seen.cut_off),
        "first": seen.first,
        "last": seen.last,
    }


def _overview_lines(seen: Overview, language: Language) -> Iterable[str]:
    from setsuden.quantity import Estimate, Provenance, render

    say, meter = Messages("team", language).say, Messages("meter", language)
    size = render(Estimate.exact(seen.size_bytes, "B", Provenance.MEASURED))
    yield say("status.file", path=seen.path, size=size, schema=seen.schema)
    if seen.first is None or seen.last is None:
        yield say("status.empty")
        return
    parts = ", ".join(f"{meter.say(f'status.{status}')} {count}" for status, count in seen.statuses.items())
    yield say(
        "status.runs", count=sum(seen.statuses.values()), parts=parts, first=_time(seen.first), last=_time(seen.last)
    )
    if seen.cut_off:
        yield say("status.cut_off", ids=", ".join(seen.cut_off[:5]), count=len(seen.cut_off))


def _time(text: str) -> str:
    return text[:19].replace("T", " ")
