"""The dashboard in a real Chromium: no request leaves, nothing overflows, forms and keys work, in both languages."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from setsuden.dashboard import Settings
from setsuden.dashboard.server import DashboardServer
from setsuden.language import LANGUAGES
from setsuden.ledger import Flag, Ledger
from tests.browser.conftest import CHROMIUM
from tests.dashboard.support import write

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed on this machine"),
    pytest.mark.enable_socket,
    pytest.mark.usefixtures("socket_enabled"),
]
HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>'


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with Ledger.open(tmp_path_factory.mktemp("dashboard") / "ledger.sqlite") as found:
        flag = Flag("SET-NOISY", HOSTILE)
        for number in range(60):
            write(found, f"train_{number % 7}.py", 1.0 + number % 5, day=f"2026-{1 + number % 11:02}-15",
                  tags=[f"project:{number % 4}"], phases=[("train", 0.6), ("infer", 0.3)], samples=200)  # fmt: skip
        write(found, HOSTILE, 2.0, tags=[HOSTILE], status="failed", detail=HOSTILE, flag=flag)
        write(found, "a-name-without-any-place-to-break-it-" * 5, 1.5, tags=["x" * 120], samples=3000)
        write(found, "live.py", 1.0, status="running", samples=100)
        yield found


@pytest.fixture(scope="module")
def server(ledger: Ledger) -> Iterator[DashboardServer]:
    with DashboardServer(Settings(ledger=ledger.path, site="FR"), 0) as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def targets(ledger: Ledger) -> list[str]:
    runs = [run.id for run in ledger.runs(limit=5)]
    compared = f"/compare?run={runs[3]}&run={runs[4]}&run={runs[1]}"
    listed = ["/runs", "/runs?q=train&sort=energy&page=2"]
    return ["/", "/?by=day&period=365d", *listed, *(f"/run/{run}" for run in runs[:3]), compared]


def opened(
    browser: Any, server: DashboardServer, target: str, width: int = 1280, **options: Any
) -> tuple[Any, list[str]]:
    """The page, and everything that went wrong while it loaded."""
    page = browser.new_context(viewport={"width": width, "height": 900}, **options).new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("dialog", lambda dialog: trouble.append(f"dialog {dialog.message}"))
    page.on(
        "request", lambda asked: None if asked.url.startswith((server.url, "data:,")) else trouble.append(asked.url)
    )
    page.goto(server.url.rstrip("/") + target)
    return page, trouble


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_leaves_nothing_runs_and_no_page_scrolls_sideways(
    browser: Any, server: DashboardServer, targets: list[str], language: str, width: int
) -> None:
    for target in targets:
        page, trouble = opened(browser, server, f"{target}{'&' if '?' in target else '?'}lang={language}", width)
        assert trouble == [], target
        assert page.evaluate("document.documentElement.scrollWidth") <= width, target
        outside = page.evaluate(
            """() => [...document.querySelectorAll('svg.chart text')].filter(t => {
              const r = t.getBoundingClientRect();
              return r.width > 0 && (r.left < -1 || r.right > innerWidth + 1); }).map(t => t.textContent)"""
        )
        assert outside == [], target
        page.context.close()


def test_it_works_without_scripts_from_the_form_to_the_comparison(browser: Any, server: DashboardServer) -> None:
    page, _ = opened(browser, server, "/runs?lang=ja", java_script_enabled=False)
    page.fill("input[name=q]", "train_3")
    page.click("form.choose button")
    assert "q=train_3" in page.url
    assert "lang=ja" in page.url
    boxes = page.locator("input[type=checkbox]")
    assert boxes.count() == 9
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.click(".listed button")
    assert "/compare?" in page.url
    assert page.url.count("run=") == 2
    assert page.locator("html[lang=ja]").count() == 1
    assert page.locator("#figures-table tbody tr").count() == 2
    page.context.close()


def test_the_keyboard_reaches_the_content_the_form_and_the_runs(browser: Any, server: DashboardServer) -> None:
    page, _ = opened(browser, server, "/runs")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.name || document.activeElement.getAttribute('href')"))
    assert {"/", "q", "tag", "status", "run"} <= reached
    assert any(str(href).startswith("/run/") for href in reached)
    page.context.close()


def test_a_live_page_shows_news_without_losing_its_place(browser: Any, server: DashboardServer, ledger: Ledger) -> None:
    run = ledger.runs(name="live.py")[0].id
    page, trouble = opened(browser, server, f"/run/{run}")
    before = page.inner_text("h1")
    page.evaluate("scrollTo(0, 300)")
    begun_s = ledger.run(run).samples("fake/cpu").t_s[-1]
    ledger.amend(run).write_samples(0, [(begun_s + 10, 9e6, 9e6, 9e6, None)])
    page.wait_for_function("before => document.querySelector('h1').innerText !== before", arg=before, timeout=20_000)
    assert "2.5" in page.inner_text("h1")
    assert abs(page.evaluate("scrollY") - 300) < 60  # the browser holds on to what is read when a line above it grows
    assert trouble == []
    page.context.close()


def test_print_leaves_out_what_only_a_screen_needs(browser: Any, server: DashboardServer) -> None:
    page, _ = opened(browser, server, "/")
    page.emulate_media(media="print")
    assert page.locator("form.choose").is_hidden()
    assert page.locator("[data-test=card-energy]").is_visible()
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_against_their_ground(browser: Any, server: DashboardServer, scheme: str) -> None:
    page, _ = opened(browser, server, "/runs", color_scheme=scheme)
    ratios = page.evaluate(
        """() => {
          const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map(v => {
            const s = v / 255; return s <= .04045 ? s / 12.92 : ((s + .055) / 1.055) ** 2.4; });
            return .2126 * r + .7152 * g + .0722 * b; };
          const ground = light(getComputedStyle(document.body).backgroundColor);
          return [...document.querySelectorAll('.status, .field span, .places a, .turn, .small')].map(e => {
            const a = light(getComputedStyle(e).color) + .05, b = ground + .05;
            return Math.max(a, b) / Math.min(a, b); }); }"""
    )
    assert min(ratios) >= 4.5
    page.context.close()
