"""Whatever a ledger holds is shown as text: no element, attribute, link or script comes out of it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.ledger import Flag, Ledger
from tests.dashboard.support import Read, get, write

BREAKING = st.sampled_from(
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)", "javascript:alert(1)",
     "{{ 7 * 7 }}", "{% raw %}", "{0.__class__}", "</title><svg onload=alert(1)>", "&lt;b&gt;", "a\x00b", "𝒳‮evil",
     "%3Cscript%3E", "//evil.example", "..\\..\\", "]]>", "<!--", "`id`", "\r\nSet-Cookie: a=b"]
)  # fmt: skip
TEXT = BREAKING | st.text(st.characters(codec="utf-8"), max_size=30) | st.tuples(BREAKING, BREAKING).map("".join)
PLAIN = "plain"


def pages(folder: Path, name: str, tag: str, detail: str) -> dict[str, Read]:
    """Every page that shows a run with these texts in it."""
    file = folder / "ledger.sqlite"
    file.unlink(missing_ok=True)
    with Ledger.open(file) as ledger:
        flag = Flag("SET-NOISY", detail)
        runs = [
            write(ledger, name, 1.0, tags=[tag], status="failed", detail=detail, flag=flag, samples=3, kind=kind,
                  phases=[("train", 0.5)], identity={"host": tag, "user": "", "folder": ""})
            for kind in ("command", name or "command")
        ]  # fmt: skip
        runs[0].event(detail, detail)
    first, second = (run.id for run in runs)
    targets = {"home": "/", "runs": "/runs", "run": f"/run/{first}", "compare": f"/compare?run={first}&run={second}"}
    found = {}
    for key, target in targets.items():
        reply = get(file, target)
        assert reply.status == 200
        found[key] = Read(reply.body.decode())
    return found


def shape(found: Read) -> list[tuple[str, tuple[str, ...]]]:
    return [(tag, tuple(attrs)) for tag, attrs in found.elements]


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Read]:
    return pages(tmp_path_factory.mktemp("usual"), PLAIN, PLAIN, PLAIN)


@settings(max_examples=25)
@given(TEXT, TEXT, TEXT)
def test_texts_of_a_ledger_never_become_markup(name: str, tag: str, detail: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for found in pages(Path(folder), name, tag, detail).values():
            for element, attrs in found.elements:
                assert element not in ("script", "img", "iframe", "object", "base")
                assert not [key for key in attrs if key.startswith("on")]
                assert "style" not in attrs
                for key in ("href", "src", "action"):
                    address = attrs.get(key)
                    if address and address != "data:,":
                        assert address.startswith(("/", "#"))
                        assert not address.startswith("//")


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"])
def test_a_page_has_the_same_elements_whatever_its_runs_are_called(
    text: str, usual: dict[str, Read], tmp_path: Path
) -> None:
    for key, found in pages(tmp_path, text, text, text).items():
        assert shape(found) == shape(usual[key]), key
        assert text in " ".join(found.texts) or key == "home"


@settings(max_examples=30)
@given(st.sampled_from(["q", "tag", "name", "machine", "kind"]), TEXT)
def test_what_is_asked_for_never_becomes_markup(field: str, text: str) -> None:
    from urllib.parse import urlencode

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ledger.sqlite"
        with Ledger.open(file) as ledger:
            write(ledger)
        for target in (f"/runs?{urlencode({field: text})}", f"/nowhere?{urlencode({'lang': text})}"):
            found = Read(get(file, target).body.decode())
            assert not [e for e, attrs in found.elements if e in ("script", "img", "svg") or "onerror" in attrs]


def test_headers_allow_nothing_from_elsewhere(tmp_path: Path) -> None:
    for target in ("/", "/style.css", "/live.js", "/nowhere", "/home.json"):
        headers = dict(get(tmp_path / "none", target).headers)
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
