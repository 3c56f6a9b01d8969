"""A team's ledger: runs that were measured on many machines, in one PostgreSQL database, as a remote is to git.

Measuring always writes the local ledger; nothing here is on its way. ``send`` copies runs there, ``fetch`` copies them
back into a local ledger, which every command reads. psycopg is loaded when a database is asked.
"""

from __future__ import annotations

from setsuden.team.address import Address
from setsuden.team.fetching import fetch
from setsuden.team.outcome import Outcome
from setsuden.team.remote import Remote
from setsuden.team.selection import Selection
from setsuden.team.sending import choose, send

__all__ = ["Address", "Outcome", "Remote", "Selection", "choose", "fetch", "send"]
