"""Records to pages and text: one pilot document in, HTML in two languages or a summary for the terminal out."""

from setsuden.report.html import write
from setsuden.report.record import read
from setsuden.report.text import text_summary

__all__ = ["read", "text_summary", "write"]
