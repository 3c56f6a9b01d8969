"""How the rows of a run lie in a team's database: the columns of one beside those of the other, both ways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from setsuden.ledger.content import Block, ChannelRow, Content, DocumentRow, EventRow, RunRow, WindowRow
from setsuden.team import figures
from setsuden.team.selection import moment

if TYPE_CHECKING:
    from psycopg import Connection

# Columns that are called otherwise there, because a time or a list that SQL understands has their name.
_CALLED = {
    ("runs", "started_at"): "as_started",
    ("runs", "ended_at"): "as_ended",
    ("runs", "tags"): "as_tags",
    ("windows", "started_at"): "as_started",
    ("events", "at"): "as_at",
    ("documents", "updated_at"): "as_updated",
}
# Columns that hold JSON, to be read as the text that was put in.
_JSON = {
    "config", "as_tags", "environment", "identity", "writer", "summary", "info", "first", "last", "opening",
    "attributes", "measurement", "body", "flags",
}  # fmt: skip
# What COPY is given for run, position and the columns of ``Block``; JSON goes as the text it is.
_BLOCK_TYPES = ("int8", "int8", "int4", "int4", "float8", "float8", "text", "int8", "bytea")
_BLOCKS_AT_ONCE = 256


def columns_of(table: str, kind: Any) -> list[str]:
    """The columns of ``setsuden.TABLE`` in which the fields of a local row lie."""
    return [_CALLED.get((table, field), field) for field in kind._fields]


def run_columns(content: Content) -> dict[str, Any]:
    """The run's own row."""
    return dict(zip(columns_of("runs", RunRow), content.run, strict=True))


def write_parts(
    connection: Connection[Any], number: int, content: Content, blocks: Iterable[Block], first: int
) -> None:
    """All of a run but its own row, the blocks from position ``first`` on; other rows that are there are replaced."""
    windows = [
        {**dict(zip(columns_of("windows", WindowRow), window, strict=True)), **figures.of_window(window)}
        for window in content.windows
    ]
    events = [
        {**dict(zip(columns_of("events", EventRow), event, strict=True)), "position": position, "at": moment(event.at)}
        for position, event in enumerate(content.events)
    ]
    documents = [dict(zip(columns_of("documents", DocumentRow), row, strict=True)) for row in content.documents]
    for table, rows, key in (
        ("channels", [row._asdict() for row in content.channels], "position"),
        ("windows", windows, "id"),
        ("events", events, "position"),
        ("documents", documents, "name"),
    ):
        _upsert(connection, table, [{"run": number, **row} for row in rows], key)
    with (
        connection.cursor() as cursor,
        cursor.copy(
            f"COPY setsuden.blocks (run, position, {', '.join(Block._fields)}) FROM STDIN (FORMAT BINARY)"
        ) as copy,
    ):
        copy.set_types(_BLOCK_TYPES)
        for position, block in enumerate(blocks, first):
            copy.write_row((number, position, *block))


def _upsert(connection: Connection[Any], table: str, rows: Sequence[dict[str, Any]], key: str) -> None:
    if not rows:
        return
    columns = list(rows[0])
    values = ", ".join(f"%({column})s" for column in columns)
    changed = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in ("run", key))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO setsuden.{table} ({', '.join(columns)}) VALUES ({values}) "
            f"ON CONFLICT (run, {key}) DO UPDATE SET {changed}",
            rows,
        )


def read_content(connection: Connection[Any], number: int) -> Content:
    """A run by its number there, without its samples."""

    def rows(table: str, kind: Any, order: str) -> tuple[Any, ...]:
        where = "number" if table == "runs" else "run"
        selected = ", ".join(_as_text(column) for column in columns_of(table, kind))
        query = f"SELECT {selected} FROM setsuden.{table} WHERE {where} = %s ORDER BY {order}"
        return tuple(map(kind._make, connection.execute(query, (number,))))

    (run,) = rows("runs", RunRow, "number")
    return Content(
        run,
        rows("channels", ChannelRow, "position"),
        rows("windows", WindowRow, "id"),
        rows("events", EventRow, "position"),
        # as SQLite sorts text: by its bytes
        rows("documents", DocumentRow, 'name COLLATE "C"'),
    )


def read_blocks(connection: Connection[Any], number: int) -> Iterator[Block]:
    """The blocks of a run in their order; a few hundred are in memory."""
    selected = ", ".join(_as_text(column) for column in columns_of("blocks", Block))
    query = f"SELECT {selected} FROM setsuden.blocks WHERE run = %s AND position >= %s ORDER BY position LIMIT %s"
    first = 0
    while True:
        found = connection.execute(query, (number, first, _BLOCKS_AT_ONCE), binary=True).fetchall()
        yield from map(Block._make, found)
        if len(found) < _BLOCKS_AT_ONCE:
            return
        first += len(found)


def _as_text(column: str) -> str:
    return f"{column}::text" if column in _JSON else column
