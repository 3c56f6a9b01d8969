"""The report in a real Chromium: no request leaves, nothing overflows, keyboard and print work, in both languages."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from setsuden.language import LANGUAGES
from setsuden.report import write
from tests.browser.conftest import CHROMIUM
from tests.report.support import sample, variant

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed on this machine"),
    pytest.mark.enable_socket,
]
WIDTHS = {"desktop": 1280, "tablet": 820, "phone": 360}
REAL = Path(__file__).parent.parent / "report" / "data" / "real.json"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Path]]:
    folder = tmp_path_factory.mktemp("pages")
    documents = {
        "sample": sample(),
        "real": json.loads(REAL.read_text(encoding="utf-8")),
        "hostile": variant("hostile"),
        "none-feasible": variant("none-feasible"),
        "long-names": variant("long-names"),
    }
    found = {}
    for name, document in documents.items():
        paths = write(document, folder / name)
        found[name] = dict(zip(LANGUAGES, paths, strict=True))
    return found


def opened(browser: Any, path: Path, width: int = 1280, **options: Any) -> tuple[Any, list[str]]:
    """The page, and everything that went wrong while it loaded."""
    page = browser.new_context(viewport={"width": width, "height": 900}, **options).new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("dialog", lambda dialog: trouble.append(f"dialog {dialog.message}"))
    page.on("request", lambda request: None if request.url.startswith("file:") else trouble.append(request.url))
    page.goto(path.as_uri())
    return page, trouble


@pytest.mark.parametrize("name", ["sample", "real", "hostile", "none-feasible", "long-names"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_runs_nothing_is_fetched_and_the_page_never_scrolls_sideways(
    browser: Any, pages: dict[str, dict[str, Path]], name: str, language: str
) -> None:
    for width in WIDTHS.values():
        page, trouble = opened(browser, pages[name][language], width)
        assert trouble == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
def test_labels_in_charts_do_not_touch(
    browser: Any, pages: dict[str, dict[str, Path]], language: str, width: int
) -> None:
    for name in ("sample", "real"):
        page, _ = opened(browser, pages[name][language], width)
        boxes = page.evaluate(
            """() => [...document.querySelectorAll('svg.chart')].filter(s => s.getBoundingClientRect().width > 0)
            .map(s => [...s.querySelectorAll('text')].map(t => {
              const r = t.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom, t.textContent]; }))"""
        )
        assert boxes
        for chart in boxes:
            for a, b in itertools.combinations(chart, 2):
                across = min(a[2], b[2]) - max(a[0], b[0])
                down = min(a[3], b[3]) - max(a[1], b[1])
                assert not (across > 2 and down > 5), (name, a[4], b[4])
        page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_chart_text_leaves_the_window(browser: Any, pages: dict[str, dict[str, Path]], language: str) -> None:
    for width in WIDTHS.values():
        page, _ = opened(browser, pages["real"][language], width)
        outside = page.evaluate(
            """() => [...document.querySelectorAll('svg.chart text')].filter(t => {
              const r = t.getBoundingClientRect();
              return r.width > 0 && (r.left < -1 || r.right > innerWidth + 1); }).map(t => t.textContent)"""
        )
        assert outside == []
        page.context.close()


def test_each_chart_is_shown_once_at_every_width(browser: Any, pages: dict[str, dict[str, Path]]) -> None:
    for width in WIDTHS.values():
        page, _ = opened(browser, pages["sample"]["en"], width)
        shown = page.evaluate(
            """() => [...document.querySelectorAll('[data-test^=chart-]')].filter(f => f.getBoundingClientRect().width)
            .map(f => [...f.querySelectorAll(':scope > div > svg.chart')]
              .filter(s => s.getBoundingClientRect().width).length)"""
        )
        assert shown
        assert set(shown) == {1}
        page.context.close()


def test_the_keyboard_reaches_content_links_and_wide_tables(browser: Any, pages: dict[str, dict[str, Path]]) -> None:
    page, _ = opened(browser, pages["sample"]["en"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName + '.' + document.activeElement.className"))
    assert {"A.why", "DIV.scroll", "SUMMARY."} <= reached
    page.context.close()


def test_why_leads_to_the_explanation(browser: Any, pages: dict[str, dict[str, Path]]) -> None:
    page, _ = opened(browser, pages["sample"]["en"])
    page.click("[data-test=card-total] a.why")
    assert page.url.endswith("#why-total")
    box = page.locator("#why-total").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 900
    page.context.close()


def test_figures_can_be_read_as_a_table_without_script(browser: Any, pages: dict[str, dict[str, Path]]) -> None:
    page, _ = opened(browser, pages["sample"]["en"], java_script_enabled=False)
    page.click("[data-test=chart-ratio] summary")
    assert page.locator("[data-test=ratio-table] tbody tr").first.is_visible()
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast_as_rendered(browser: Any, pages: dict[str, dict[str, Path]], scheme: str) -> None:
    page, _ = opened(browser, pages["sample"]["en"], color_scheme=scheme)
    worst = page.evaluate(
        """() => {
        const rgb = s => (s.match(/[\\d.]+/g) || []).map(Number);
        const lum = c => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255;
          return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
          return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
        const ground = e => { for (let p = e; p; p = p.parentElement) {
          const c = rgb(getComputedStyle(p).backgroundColor);
          if (c.length && c[3] !== 0) return c; }
          return [255, 255, 255]; };
        let worst = [99, ''];
        for (const e of document.querySelectorAll('body *')) {
          const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
          const style = getComputedStyle(e);
          if (!own || !e.getClientRects().length || style.fontSize === '0px') continue;
          const ink = rgb(e.namespaceURI.endsWith('svg') ? style.fill : style.color);
          const [a, b] = [lum(ink), lum(ground(e))].sort((x, y) => y - x);
          const ratio = (a + 0.05) / (b + 0.05);
          if (ratio < worst[0]) worst = [ratio, e.tagName + ' ' + e.textContent.slice(0, 40)];
        }
        return worst; }"""
    )
    assert worst[0] >= 4.5, worst
    page.context.close()


def test_it_prints_on_a4(browser: Any, pages: dict[str, dict[str, Path]]) -> None:
    page, _ = opened(browser, pages["sample"]["ja"], color_scheme="dark")
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    assert 4 <= pdf.count(b"/Type /Page\n") <= 30
    page.context.close()
