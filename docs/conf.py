"""Sphinx configuration: MyST pages, doctests that run, warnings that fail the build."""

from __future__ import annotations

import setsuden

project = "setsuden"
author = "the setsuden authors"
copyright = "2026, the setsuden authors"
release = setsuden.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.doctest", "sphinx.ext.napoleon"]
myst_enable_extensions = ["deflist", "dollarmath", "attrs_block"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "setsuden"
exclude_patterns = ["_build"]
doctest_global_setup = "import os; os.environ.setdefault('SETSUDEN_LEDGER', ':memory:')"
autodoc_typehints = "description"
