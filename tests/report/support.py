"""A sample pilot and what may go wrong with one: every variant must still read as a page."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

Document = dict[str, Any]
SAMPLE = Path(__file__).parent / "data" / "pilot.json"
HOSTILE = "<script>alert(1)</script>\"'&{{ 7*7 }}{0}\x1b[31m]]>"


@cache
def _text() -> str:
    return SAMPLE.read_text(encoding="utf-8")


def sample() -> Document:
    """A fresh copy of the sample."""
    document: Document = json.loads(_text())
    return document


def changed(change: Callable[[Document], None]) -> Document:
    """The sample with one change."""
    document = copy.deepcopy(sample())
    change(document)
    return document


def _one_model(document: Document) -> None:
    name = document["models"][0]["name"]
    document["models"] = document["models"][:1]
    document["configurations"] = [c for c in document["configurations"] if c["model"] == name]
    document["quality"] = [q for q in document["quality"] if q["model"] == name]
    analysis = document["analysis"]
    analysis["indicators"] = {"train": [], "infer": []}
    analysis["batch_curves"] = [c for c in analysis["batch_curves"] if c["model"] == name]
    analysis["train_infer_ratio"]["per_model"] = [
        r for r in analysis["train_infer_ratio"]["per_model"] if r["model"] == name
    ]
    decision = document["decision"]
    decision["options"] = [o | {"feasible": True, "violations": []} for o in decision["options"] if o["model"] == name]
    decision |= {
        "front": [decision["options"][0]["id"]],
        "recommended": decision["options"][0]["id"],
        "runner_up": None,
        "saving_against": None,
        "break_even": [],
        "flips": [],
        "measure_next": None,
    }


def _none_feasible(document: Document) -> None:
    decision = document["decision"]
    for option in decision["options"]:
        option |= {
            "feasible": False,
            "best_probability": 0,
            "expected_regret": None,
            "violations": [{"constraint": "latency_ceiling_ms", "value": None, "limit": 0.01}],
        }
    document["study"]["constraints"]["latency_ceiling_ms"] = 0.01
    decision |= {
        "recommended": None,
        "runner_up": None,
        "confidence": "none-feasible",
        "saving_against": None,
        "break_even": [],
        "measure_next": None,
        "flips": [{"factor": "latency_ceiling_ms", "from": 0.01, "to": 4.0, "becomes": decision["options"][0]["id"]}],
    }


def _too_close(document: Document) -> None:
    document["decision"]["confidence"] = "too-close"


def _no_trace(document: Document) -> None:
    document["trace"] = None
    document["idle"] = {"before": None, "after": None}


def _gaps_in_trace(document: Document) -> None:
    for values in document["trace"]["power_w"].values():
        values[10:20] = [None] * 10


def _nothing_analysed(document: Document) -> None:
    document["analysis"] = {
        "indicators": {"train": [], "infer": []},
        "train_infer_ratio": {"per_model": [], "median": None, "low": None, "high": None},
        "batch_curves": [],
    }


def _no_decision(document: Document) -> None:
    document["decision"] = None


def _training_only(document: Document) -> None:
    document["configurations"] = [c for c in document["configurations"] if c["phase"] == "train"]
    document["study"]["expected_requests"] = 0
    analysis = document["analysis"]
    analysis["batch_curves"] = [c for c in analysis["batch_curves"] if c["phase"] == "train"]
    analysis["train_infer_ratio"] = {"per_model": [], "median": None, "low": None, "high": None}
    for option in document["decision"]["options"]:
        option |= {"serving_energy_per_request": None, "serving_batch_size": None, "latency_p90_ms": None}
        option["total_energy"] = option["training_energy"]


def _no_accuracy(document: Document) -> None:
    document["quality"] = []
    for option in document["decision"]["options"]:
        option["accuracy"] = None


def _priced(document: Document) -> None:
    total = document["decision"]["options"][0]["total_energy"]
    document["footprint"] = {
        "energy_kwh": total | {"value": 0.0002, "low": 0.0001, "high": 0.0003, "unit": "kWh"},
        "operational_carbon_kg": total | {"value": 9e-5, "low": 5e-5, "high": 2e-4, "unit": "kgCO2e"},
        "cost": total | {"value": 0.006, "low": 0.004, "high": 0.009, "unit": "JPY", "boundary": None},
        "notes": [{"code": "SET-SITE-UNKNOWN", "text": "..."}, {"code": "SET-NO-PUE", "text": "..."}],
        "missing": {},
    }


def _measured(document: Document) -> None:
    document["machine"]["measured_share"] = 0.83
    document["machine"]["virtualised"] = False
    document["limits"] = []
    document["flags"] = []


def _unknown_codes(document: Document) -> None:
    document["flags"] = [{"code": "SET-FROM-THE-FUTURE", "detail": "Something new."}]
    document["limits"] = ["a-limit-of-tomorrow"]
    document["decision"]["flips"] = [{"factor": "weather", "from": 1, "to": 2, "becomes": None}]
    document["decision"]["confidence"] = "certain"


def _bare(document: Document) -> None:
    for key in ("idle", "models", "configurations", "quality", "analysis", "footprint", "trace", "pilot_cost"):
        del document[key]
    for key in ("factors", "flags", "limits", "reproduce", "decision"):
        del document[key]
    document["machine"] = {}


def _hostile(document: Document) -> None:
    for facts in document["models"]:
        facts["title"] = HOSTILE + facts["name"]
    document["study"]["name"] = HOSTILE
    document["data"] |= {"name": HOSTILE, "source": HOSTILE, "licence": HOSTILE}
    document["machine"]["cpu"]["name"] = HOSTILE
    document["flags"] = [{"code": HOSTILE, "detail": HOSTILE}]
    document["limits"] = [HOSTILE]
    document["factors"][0] |= {"name": HOSTILE, "source": HOSTILE, "unit": HOSTILE}
    document["reproduce"] = {"command": HOSTILE, "git": {"commit": HOSTILE}, "packages": {HOSTILE: HOSTILE}}
    document["trace"]["marks"][0]["label"] = HOSTILE
    document["trace"]["power_w"] = {HOSTILE: document["trace"]["power_w"]["cpu"]}
    document["machine"]["sensors"][0] |= {"label": HOSTILE, "method": HOSTILE, "error_source": HOSTILE}
    document["decision"]["flips"][0]["factor"] = HOSTILE
    document["decision"]["measure_next"]["factor"] = HOSTILE
    document["decision"]["saving_against"]["label"] = HOSTILE


def _mixed_boundaries(document: Document) -> None:
    document["decision"]["options"][0]["total_energy"]["boundary"] = "device"


def _one_batch_size(document: Document) -> None:
    for curve in document["analysis"]["batch_curves"]:
        curve["points"] = curve["points"][:1]


def _long_names(document: Document) -> None:
    for facts in document["models"]:
        facts["title"] = "とても長い名前のモデル" * 4 + facts["name"]


VARIANTS: dict[str, Callable[[Document], None]] = {
    "as-is": lambda document: None,
    "one-model": _one_model,
    "none-feasible": _none_feasible,
    "too-close": _too_close,
    "no-trace": _no_trace,
    "gaps-in-trace": _gaps_in_trace,
    "nothing-analysed": _nothing_analysed,
    "no-decision": _no_decision,
    "training-only": _training_only,
    "no-accuracy": _no_accuracy,
    "priced": _priced,
    "measured": _measured,
    "unknown-codes": _unknown_codes,
    "bare": _bare,
    "hostile": _hostile,
    "mixed-boundaries": _mixed_boundaries,
    "one-batch-size": _one_batch_size,
    "long-names": _long_names,
}


def variant(name: str) -> Document:
    """A named variant of the sample."""
    return changed(VARIANTS[name])


class Page(HTMLParser):
    """A page as a list of elements and a list of texts."""

    VOID = frozenset({"meta", "link", "br", "img", "hr", "input"})

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.stack: list[str] = []
        self.unbalanced: list[str] = []
        self.by_test: dict[str, list[str]] = {}
        self._open_tests: list[tuple[int, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        self.elements.append((tag, known))
        if tag not in self.VOID:
            self.stack.append(tag)
            if "data-test" in known:
                self._open_tests.append((len(self.stack), known["data-test"]))
                self.by_test.setdefault(known["data-test"], [])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack[-1] != tag:
            self.unbalanced.append(tag)
            return
        while self._open_tests and self._open_tests[-1][0] == len(self.stack):
            self._open_tests.pop()
        self.stack.pop()

    def handle_data(self, data: str) -> None:
        if "style" in self.stack:
            return
        self.texts.append(data)
        for _, name in self._open_tests:
            self.by_test[name].append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        """Attributes of every element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    def said(self, test: str) -> str:
        """Text inside the element marked with a data-test."""
        return " ".join("".join(self.by_test.get(test, [])).split())

    @property
    def faults(self) -> list[str]:
        """Tags that do not match, ids that stand twice, links and labels that lead nowhere on this page."""
        ids = [attributes["id"] for _, attributes in self.elements if "id" in attributes]
        found = [f"unbalanced: {tag}" for tag in (*self.unbalanced, *self.stack)]
        found += [f"twice: {name}" for name, count in Counter(ids).items() if count > 1]
        targets = [attributes["href"] for attributes in self.all("a")]
        for _, attributes in self.elements:
            for name in ("aria-labelledby", "aria-describedby"):
                targets += [f"#{target}" for target in attributes.get(name, "").split()]
        known = {f"#{name}" for name in ids}
        return found + [f"leads nowhere: {target}" for target in targets if target not in known]

    @property
    def text(self) -> str:
        """All text, blanks folded."""
        return " ".join(" ".join(self.texts).split())


NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")


def numbers(text: str) -> list[str]:
    """Every number in a text, sorted, as written."""
    return sorted(match.rstrip(",") for match in NUMBER.findall(text))
