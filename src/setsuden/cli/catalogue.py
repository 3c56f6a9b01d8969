"""``setsuden catalogue``: search the built-in figures, show where each comes from, list what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from setsuden.cli.common import WholeHelp, json_option, lang_option, print_json
from setsuden.language import Language, Messages, looked_up
from setsuden.language.columns import pad

if TYPE_CHECKING:
    from setsuden.catalogue.processor_names import Kind
    from setsuden.catalogue.search import Hit

# Figures and labels worth a place in a one-line hit.
_HEADLINE = (
    *(
        "name",
        "what",
        "country",
        "item",
        "label_en",
        "location",
        "accelerators",
        "workload",
        "energy_j_per_unit",
        "per_unit",
        "technique",
        "intensity_g_per_kwh",
        "tdp_w",
        "ratio",
        "l_per_kwh",
        "down_mbps",
        "up_mbps",
    ),
    *(
        "value",
        "low",
        "typical",
        "high",
        "unit",
        "price_per_kwh",
        "currency",
        "carbon_kg",
        "energy_kwh",
        "basis",
        "year",
    ),
)

_MOST_VARIANTS = 12


@click.group(cls=WholeHelp)
def catalogue() -> None:
    """Search the built-in figures and show their sources.

    A file TABLE.csv in the folder $SETSUDEN_CATALOGUE, or in ~/.config/setsuden/catalogue, replaces rows by id.
    """


@catalogue.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Rows to show at most.")
@json_option
@lang_option
def search(text: tuple[str, ...], limit: int, as_json: bool, language: Language) -> None:
    """Rows whose id, name or label contains every word of TEXT."""
    from setsuden.catalogue.search import search as find

    words = " ".join(text)
    found = find(words, limit=limit + 1)
    hits, cut = found[:limit], len(found) > limit
    if as_json:
        print_json({"query": words, "truncated": cut, "rows": [hit.to_json() for hit in hits]})
        return
    say = Messages("catalogue", language).say
    click.echo(say("hits", count=len(hits)) if hits else say("nothing", text=repr(words)))
    for hit in hits:
        click.echo(f"  {hit.table}/{hit.row.id}  {_headline(hit)}")
    if cut:
        click.echo(say("more", count=limit))


@catalogue.command()
@click.argument("row_id", metavar="ID")
@json_option
@lang_option
def show(row_id: str, as_json: bool, language: Language) -> None:
    """The row ID, or TABLE/ID, in full with its source, licence and edition."""
    from setsuden.catalogue.search import show as find

    documents = [hit.to_json() for hit in find(row_id)]
    if as_json:
        print_json({"query": row_id, "truncated": False, "rows": documents})
        return
    say = Messages("catalogue", language).say
    for document in documents:
        click.echo(f"{document['table']}/{document['id']}")
        for name, value in document["fields"].items():
            click.echo(f"  {_pad(name)} {say('unknown_cell') if value is None else _cell(value)}")
        source = document["source"]
        click.echo(f"  {_pad(say('source'))} {source['text'] if source['id'] else say('no_source')}")
        for name in ("licence", "edition", "url"):
            if source[name]:
                click.echo(f"  {_pad(say(name))} {source[name]}")


@catalogue.command()
@json_option
@lang_option
def sources(as_json: bool, language: Language) -> None:
    """Every source with its licence, and the tables that rest on it."""
    from setsuden.catalogue.search import all_sources, source_json

    listed = all_sources()
    if as_json:
        rows = [{"source": source_json(source), "table": table, "rows": count} for source, table, count in listed]
        print_json({"sources": rows})
        return
    say = Messages("catalogue", language).say
    click.echo(say("sources", count=len({source.id for source, _, _ in listed})))
    for source, table, count in listed:
        text = str(source).replace("{ref}", say("ref"))
        click.echo(f"  {text}\n    {source.licence or '-'} | {say('rows', count=count, table=table)}")


@catalogue.command()
@json_option
@lang_option
def unknown(as_json: bool, language: Language) -> None:
    """Figures that were looked for and not found."""
    from setsuden.catalogue.search import unknown as find

    gaps = list(find())
    if as_json:
        print_json({"unknown": [{"table": g.table, "id": g.id, "field": g.field, "note": g.note} for g in gaps]})
        return
    click.echo(Messages("catalogue", language).say("unknown", count=len(gaps)))
    for gap in gaps:
        click.echo(f"  {gap.table}/{gap.id}  {gap.field}" + (f"  ({gap.note})" if gap.note else ""))


@catalogue.command()
@click.argument("name", nargs=-1, required=True)
@click.option("--gpu", "kind", flag_value="gpu", help="NAME is that of a GPU, as its driver gives it.")
@click.option("--cpu", "kind", flag_value="cpu", help="NAME is that of a CPU.  Default: whichever knows it.")
@json_option
@lang_option
def match(name: tuple[str, ...], kind: Kind | None, as_json: bool, language: Language) -> None:
    """Which processor stands for NAME, as the operating system writes it, and how that was decided.

    A name of several products, such as NVIDIA H100, stands for the range of their design power; they are listed.
    """
    from setsuden.catalogue import processors
    from setsuden.quantity import render

    whole = " ".join(name)
    kind = kind or processors.kind_of(whole)
    found, variants = processors.match(whole, kind), processors.variants(whole, kind)
    if as_json:
        print_json(
            {
                "seen": found.seen,
                "normalised": found.normalised,
                "kind": kind,
                "how": found.how,
                "row": {"id": found.row.id, "name": found.row.name},
                "design_power": found.tdp_w.to_json() if found.tdp_w else None,
                "factors": [factor.to_json() for factor in found.tdp_w.factors] if found.tdp_w else [],
                "note": found.note,
                "variants": [{"id": row.id, "name": row.name} for row in variants],
            }
        )
        return
    say = Messages("catalogue", language).say
    click.echo(f"{found.seen} -> processors/{found.row.id} ({say(f'how.{found.how}')})")
    click.echo(f"  {say('design_power')}: {render(found.tdp_w) if found.tdp_w else say('unknown_cell')}")
    if found.remark:
        click.echo("  " + say(f"remark.{found.remark}", seen=found.seen, name=found.row.name))
    for factor in found.tdp_w.factors if found.tdp_w else ():
        click.echo(f"  {say('source')}: {looked_up.source(factor.source, language)}")
    if variants:
        listed = ", ".join(row.name for row in variants[:_MOST_VARIANTS])
        click.echo(f"  {say('variants', count=len(variants))}: {listed}" + " ..." * (len(variants) > _MOST_VARIANTS))


def _headline(hit: Hit) -> str:
    """The first figures of a row that carry a meaning by themselves."""
    fields: dict[str, Any] = hit.to_json()["fields"]
    return "  ".join(f"{name}={_cell(fields[name])}" for name in _HEADLINE if fields.get(name) is not None)


def _cell(value: object) -> str:
    """A figure without the zeros that only say that it is no integer; a list as its items."""
    if isinstance(value, float):
        return f"{value:.10g}"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _pad(label: str) -> str:
    """``label`` to the width of the column of names, Japanese letters counted as two."""
    return pad(label, 22)
