"""A zoo of plain-PyTorch models for images, sound, text and tables, with seeded weights.

``names``, ``entry`` and everything in a ``ZooEntry`` work without torch; ``build`` and ``example_input`` import it.
"""

from __future__ import annotations

from setsuden.workload.zoo._build import build, example_input
from setsuden.workload.zoo._entries import DOMAINS, Domain, ZooEntry, entry, meant, names, spelled

__all__ = ["DOMAINS", "Domain", "ZooEntry", "build", "entry", "example_input", "meant", "names", "spelled"]
