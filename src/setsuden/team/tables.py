"""The tables of a team's database, as named steps; each is committed together with the record that it ran."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from setsuden.team.address import Address
from setsuden.team.faults import UnreachableError

if TYPE_CHECKING:
    from psycopg import Connection

# JSON lies as ``json``, not ``jsonb``, which gives back other text than was put in. What begins with ``as_`` is the
# local ledger's own text of a time, whose zone and digits must come back.
_FIRST_TABLES = """
CREATE DOMAIN setsuden.finite AS double precision CHECK (VALUE > '-infinity' AND VALUE < 'infinity');
CREATE TABLE setsuden.machine_key (key bytea NOT NULL);
INSERT INTO setsuden.machine_key VALUES (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
CREATE TABLE setsuden.runs (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL UNIQUE, kind text NOT NULL,
    name text NOT NULL, status text NOT NULL, as_started text NOT NULL, as_ended text, detail text,
    config json NOT NULL, as_tags json NOT NULL, environment json NOT NULL, identity json NOT NULL,
    writer json NOT NULL, summary json,
    started_at timestamptz, ended_at timestamptz, duration_s setsuden.finite,
    energy_j setsuden.finite, energy_low_j setsuden.finite, energy_high_j setsuden.finite,
    dynamic_j setsuden.finite, dynamic_low_j setsuden.finite, dynamic_high_j setsuden.finite,
    provenance text, boundary text, machine text, processor text, tags text[] NOT NULL, within text,
    samples bigint NOT NULL, redacted boolean NOT NULL, born text NOT NULL, head text NOT NULL,
    series text NOT NULL, progress bigint[] NOT NULL, changed_s setsuden.finite NOT NULL,
    heard_at timestamptz NOT NULL, received_at timestamptz NOT NULL
);
CREATE INDEX runs_by_start ON setsuden.runs (started_at);
CREATE TABLE setsuden.channels (
    run bigint NOT NULL REFERENCES setsuden.runs ON DELETE CASCADE, position integer NOT NULL, id text NOT NULL,
    info json NOT NULL, samples bigint NOT NULL, first json, last json, PRIMARY KEY (run, position)
);
CREATE TABLE setsuden.windows (
    run bigint NOT NULL REFERENCES setsuden.runs ON DELETE CASCADE, id bigint NOT NULL, name text NOT NULL,
    parent bigint, as_started text NOT NULL, start_s setsuden.finite NOT NULL, opening json NOT NULL,
    attributes json NOT NULL, measurement json, energy_j setsuden.finite, duration_s setsuden.finite,
    started_at timestamptz, energy_low_j setsuden.finite, energy_high_j setsuden.finite,
    dynamic_j setsuden.finite, dynamic_low_j setsuden.finite, dynamic_high_j setsuden.finite,
    provenance text, boundary text, flags text[] NOT NULL, PRIMARY KEY (run, id)
);
CREATE TABLE setsuden.events (
    run bigint NOT NULL REFERENCES setsuden.runs ON DELETE CASCADE, position integer NOT NULL, as_at text NOT NULL,
    code text NOT NULL, detail text NOT NULL, at timestamptz, PRIMARY KEY (run, position)
);
CREATE TABLE setsuden.documents (
    run bigint NOT NULL REFERENCES setsuden.runs ON DELETE CASCADE, name text NOT NULL, as_updated text NOT NULL,
    body json NOT NULL, PRIMARY KEY (run, name)
);
CREATE TABLE setsuden.blocks (
    run bigint NOT NULL REFERENCES setsuden.runs ON DELETE CASCADE, position bigint NOT NULL, channel integer NOT NULL,
    samples integer NOT NULL, first_t_s setsuden.finite NOT NULL, last_t_s setsuden.finite NOT NULL, flags json,
    total bigint, data bytea NOT NULL, PRIMARY KEY (run, position)
);
ALTER TABLE setsuden.blocks ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE VIEW setsuden.run_figures AS
    SELECT id, kind, name, status, started_at, ended_at, duration_s, energy_j, energy_low_j, energy_high_j, dynamic_j,
           dynamic_low_j, dynamic_high_j, provenance, boundary, machine, processor, tags, within, samples, received_at
    FROM setsuden.runs;
CREATE VIEW setsuden.window_figures AS
    SELECT r.id AS run_id, r.name AS run_name, r.machine, r.tags, r.within, w.id AS window_id, w.parent AS parent_id,
           w.name, w.started_at, w.start_s, w.duration_s, w.energy_j, w.energy_low_j, w.energy_high_j, w.dynamic_j,
           w.dynamic_low_j, w.dynamic_high_j, w.provenance, w.boundary, w.flags,
           coalesce(w.measurement -> 'attributes', w.attributes) AS attributes
    FROM setsuden.windows w JOIN setsuden.runs r ON r.number = w.run
"""

_STEPS: tuple[tuple[str, str], ...] = (("0001 first tables", _FIRST_TABLES),)

VERSION = len(_STEPS)

# Any number that no other program is likely to lock: "setsuden" as eight bytes.
_LOCK = int.from_bytes(b"setsuden", "big")


def version_of(connection: Connection[Any], address: Address) -> int:
    """The version of the tables, 0 where there are none; raises LedgerError for tables of a newer setsuden."""
    found = connection.execute(
        "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'setsuden' AND c.relname = 'steps'"
    ).fetchone()
    if found is None:
        return 0
    counted = connection.execute("SELECT count(*) FROM setsuden.steps").fetchone()
    version = int(counted[0]) if counted else 0
    if version > VERSION:
        raise UnreachableError(
            f"this database has tables of version {version}, made by a newer setsuden; this one knows {VERSION}",
            place=address.label,
            remedy="Upgrade setsuden.",
        )
    return version


def prepare(connection: Connection[Any], address: Address) -> None:
    """Make the tables or bring them up to date; several senders at once wait for the first of them."""
    if version_of(connection, address) == VERSION:
        return
    with connection.transaction():
        connection.execute("SELECT pg_catalog.pg_advisory_xact_lock(%s)", (_LOCK,))
        version = version_of(connection, address)
        if version == 0:
            _begin(connection, address)
        for name, script in _STEPS[version:]:
            for statement in script.split(";"):
                if statement.strip():
                    connection.execute(statement)
            connection.execute("INSERT INTO setsuden.steps (name) VALUES (%s)", (name,))


def _begin(connection: Connection[Any], address: Address) -> None:
    encoding = connection.execute("SHOW server_encoding").fetchone()
    if encoding is None or encoding[0] != "UTF8":
        raise UnreachableError(
            f"this database holds text as {encoding[0] if encoding else '?'}, not as UTF-8",
            place=address.label,
            remedy="Make one with: createdb --encoding UTF8 --template template0 NAME.",
        )
    # The schema may have been made for an owner who may make nothing else in this database.
    if connection.execute("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'setsuden'").fetchone() is None:
        connection.execute("CREATE SCHEMA setsuden")
    connection.execute(
        "CREATE TABLE setsuden.steps (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
    )


def require(connection: Connection[Any], address: Address) -> None:
    """Raise LedgerError unless the tables are those of this version."""
    version = version_of(connection, address)
    if version == 0:
        raise UnreachableError(
            "no runs were ever sent to this database",
            place=address.label,
            remedy="Send some with: setsuden ledger send --to ADDRESS.",
        )
    if version < VERSION:
        raise UnreachableError(
            f"this database has tables of version {version}, this setsuden needs {VERSION}",
            place=address.label,
            remedy="Have its owner bring them up to date with: setsuden ledger send --to ADDRESS.",
        )
