"""Dashboard: from a request to a reply, without a socket; opens the ledger for each request, to read only."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

from setsuden.dashboard import reply as replies
from setsuden.dashboard.compare import MOST, compare
from setsuden.dashboard.document import document
from setsuden.dashboard.guard import allowed
from setsuden.dashboard.hide import Hidden
from setsuden.dashboard.home import home
from setsuden.dashboard.pricing import Pricing
from setsuden.dashboard.reply import Reply
from setsuden.dashboard.request import Request, read
from setsuden.dashboard.run import Subject, run
from setsuden.dashboard.runs import runs
from setsuden.dashboard.settings import Settings
from setsuden.dashboard.sharing import Sharing
from setsuden.dashboard.spent import Spent, spent
from setsuden.dashboard.trouble import refused, trouble
from setsuden.dashboard.view import View, rendered, script, style
from setsuden.dashboard.words import DashboardWords
from setsuden.errors import InputError, LedgerError, SetsudenError
from setsuden.ledger import Ledger, RunRecord
from setsuden.ledger.entries import Entry, entries, power_now
from setsuden.ledger.nesting import outer_of
from setsuden.ledger.plain import as_csv, as_json
from setsuden.ledger.record import RUNNING

_BUSY_S = 1.0
_METHODS = ("GET", "HEAD")


class Dashboard:
    """Replies to requests; safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pricing = Pricing(settings)
        self._lock = threading.Lock()
        self._known: dict[int, Entry] = {}
        self._hidden = Hidden()
        self._sharing = Sharing()

    def reply(self, method: str, target: str, host: str | None) -> Reply:
        """The reply to one request; ``host`` is its Host header."""
        if not allowed(host, self._settings.address):
            return replies.text(421, "This dashboard answers under its own address only.")
        if method not in _METHODS:
            return replies.text(405, "This dashboard can only be read.", ("Allow", ", ".join(_METHODS)))
        steady = {"/style.css": (replies.CSS, style), "/live.js": (replies.SCRIPT, script)}
        if (found := steady.get(target.partition("?")[0])) is not None:
            return Reply(200, found[0], found[1]())
        try:
            request = read(target, self._settings.language)
        except InputError as error:
            return replies.text(400, str(error))
        words = DashboardWords(request.language)
        try:
            return self._page(request, words)
        except LedgerError as error:
            return _html(503, refused(error, words("trouble.ledger"), request, self._settings, words, live=True))
        except InputError as error:
            return _html(400, refused(error, words("trouble.asked"), request, self._settings, words))
        except SetsudenError as error:
            return _html(500, refused(error, words("trouble.failed"), request, self._settings, words))

    def document(self, request: Request) -> dict[str, object]:
        """The first page as plain data, schema ``dashboard``; raises LedgerError for a ledger that cannot be read."""
        with self._opened() as ledger:
            found = self._spent(ledger, self._entries(ledger), request)
        return document(found, self._pricing, self._settings, request.language)

    def _page(self, request: Request, words: DashboardWords) -> Reply:
        route = self._route(request.path)
        if route is None:
            return _html(404, trouble(words("trouble.no_page"), words("trouble.try"), request, words))
        file = self._settings.ledger
        if not file.exists() or (file.is_file() and file.stat().st_size == 0):
            sentence = words("trouble.nothing_yet", ledger=self._settings.ledger_shown)
            return _html(200, trouble(words("trouble.welcome"), sentence, request, words, live=True))
        return route(request, words)

    def _route(self, path: str) -> Callable[[Request, DashboardWords], Reply] | None:
        pages = {"/": self._home, "/runs": self._runs, "/compare": self._compare, "/home.json": self._home_json}
        if path in pages:
            return pages[path]
        return self._run if path.startswith("/run/") else None

    def _opened(self) -> Ledger:
        return Ledger.open(self._settings.ledger, create=False, busy_s=_BUSY_S, read_only=True)

    def _entries(self, ledger: Ledger) -> dict[int, Entry]:
        with self._lock:
            self._known = entries(ledger, self._known)
            return self._hidden.entries(self._known) if self._settings.shared else self._known

    def _spent(self, ledger: Ledger, found: dict[int, Entry], request: Request) -> Spent:
        settings = self._settings
        today = settings.now().astimezone(settings.zone).date()
        period = request.period(settings.period, today)
        return spent(ledger, found, period, request.step(), settings.zone, self._sharing)

    def _home(self, request: Request, words: DashboardWords) -> Reply:
        with self._opened() as ledger:
            found = self._spent(ledger, self._entries(ledger), request)
            powers = {entry.number: power_now(ledger, entry.number) for entry in found.running}
        return _html(200, home(found, self._pricing, request, self._settings, words, powers))

    def _home_json(self, request: Request, words: DashboardWords) -> Reply:
        text = json.dumps(self.document(request), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        return Reply(200, replies.JSON, text.encode())

    def _runs(self, request: Request, words: DashboardWords) -> Reply:
        with self._opened() as ledger:
            found = self._entries(ledger)
            view = runs(found, request, self._settings, words, lambda some: self._sharing.of(ledger, some))
        return _html(200, view)

    def _run(self, request: Request, words: DashboardWords) -> Reply:
        asked = request.path.removeprefix("/run/")
        name, _, kind = asked.rpartition(".")
        run_id, kind = (name, kind) if name and kind in ("json", "csv") else (asked, "")
        with self._opened() as ledger:
            found = self._entries(ledger)
            entry = _find(found, run_id)
            if entry is None:
                return _html(404, trouble(words("trouble.no_run"), words("trouble.see_runs"), request, words))
            record = self._record(ledger, entry)
            if kind == "json":
                return Reply(200, replies.JSON, as_json([record]).encode(), f"{record.id}.json")
            if kind == "csv":
                return Reply(200, replies.CSV, as_csv([record]).encode(), f"{record.id}.csv")
            subject = Subject(
                record=record,
                entry=entry,
                around=_find(found, outer_of(record.tags) or ""),
                inside=[other for other in found.values() if outer_of(other.summary.tags) == record.id],
                power_now=power_now(ledger, record.number) if record.status == RUNNING else None,
            )
            return _html(200, run(subject, self._pricing, request, self._settings, words))

    def _compare(self, request: Request, words: DashboardWords) -> Reply:
        asked = request.many("run")
        if len(asked) < 2:
            return _html(400, trouble(words("compare.choose"), words("compare.how"), request, words))
        if len(asked) > MOST:
            return _html(400, trouble(words("compare.too_many", most=MOST), words("compare.how"), request, words))
        with self._opened() as ledger:
            found = self._entries(ledger)
            chosen = [_find(found, run_id) for run_id in asked]
            known = [entry for entry in chosen if entry is not None]
            if len(known) < len(chosen):
                return _html(404, trouble(words("trouble.no_run"), words("trouble.see_runs"), request, words))
            records = [self._record(ledger, entry) for entry in known]
            return _html(200, compare(records, self._pricing, request, words))

    def _record(self, ledger: Ledger, entry: Entry) -> RunRecord:
        record = ledger.run(entry.summary.id)
        return self._hidden.record(record) if self._settings.shared else record


def _find(found: dict[int, Entry], run_id: str) -> Entry | None:
    if run_id == "last":
        return next(iter(found.values()), None)
    return next((entry for entry in found.values() if entry.summary.id == run_id), None)


def _html(status: int, view: View) -> Reply:
    return Reply(status, replies.HTML, rendered(view))
