"""Facts under the Open Database License, kept apart from the default catalogue. Attribution: see README.md."""

from pathlib import Path

FOLDER = Path(__file__).parent / "tables"
