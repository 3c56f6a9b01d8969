"""The dashboard: local web pages over a ledger, read only; made from the blocks that reports are made of."""

from setsuden.dashboard.app import Dashboard
from setsuden.dashboard.server import serve
from setsuden.dashboard.settings import Settings

__all__ = ["Dashboard", "Settings", "serve"]
