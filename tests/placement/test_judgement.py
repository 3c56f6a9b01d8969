"""What rests on our own judgement is named, in the reader's language, everywhere alike."""

from __future__ import annotations

import ast
from pathlib import Path

import setsuden
from setsuden.language import table
from setsuden.placement.judgement import judged, own_names, said
from setsuden.quantity import Factor

SOURCE = Path(setsuden.__file__).parent


def _judged_names() -> set[str]:
    """The first argument of every call of ``judged`` that is written out."""
    found = set()
    for path in (*SOURCE.glob("placement/**/*.py"), *SOURCE.glob("lifecycle/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "judged":
                name = node.args[0]
                if isinstance(name, ast.Constant):
                    found.add(str(name.value))
    return found


def test_every_judgement_has_words_in_both_languages() -> None:
    names = _judged_names()
    assert len(names) > 10
    assert {f"name.{name}" for name in names} <= set(table("judgement", "ja"))


def test_the_english_name_is_the_key() -> None:
    words = table("judgement", "en")
    assert all(text == key.removeprefix("name.") for key, text in words.items() if key.startswith("name."))


def test_only_what_is_ours_is_named_once_and_said_in_the_language() -> None:
    ours = judged("PUE, where none is stated", 1.15)
    theirs = Factor("grid", 477.0, 434.0, 525.0, "g/kWh", "Ember")
    assert own_names((ours, theirs, ours), "en") == "PUE, where none is stated"
    assert own_names((theirs,), "ja") == ""
    assert said(theirs, "ja") == ("grid", "Ember")
    assert said(ours, "ja") == ("PUE（指定がない場合）", "私たちの判断")
