"""Take the two pictures of the README from a pilot: python tools/picture_readme.py [out/pilot]; needs a Chromium.

The pages are made afresh from the record, so that the pictures show the report as this version draws it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from setsuden import report
from setsuden.language import LANGUAGES
from setsuden.report.source import load

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "_static"
SIZE = (1180, 1640)
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main(folder: Path) -> None:
    """The first page in both languages, with 256 colours: of 64 the blue of links and marks came out green."""
    browser = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        sys.exit("No Chromium is installed.")
    document = load(folder / "result.json")
    with tempfile.TemporaryDirectory() as scratch:
        for language, page in zip(LANGUAGES, report.write(document, scratch), strict=True):
            shot = Path(scratch) / f"{language}.png"
            _shoot(browser, page, shot, Path(scratch) / "profile")
            name = "pilot.png" if language == "en" else f"pilot.{language}.png"
            picture = Image.open(shot).convert("RGB").quantize(256, Image.Quantize.FASTOCTREE)
            picture.save(PICTURES / name, optimize=True)
            print(PICTURES / name)


def _shoot(browser: str, page: Path, shot: Path, profile: Path) -> None:
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
    flags += [f"--user-data-dir={profile}", f"--window-size={SIZE[0]},{SIZE[1]}", f"--screenshot={shot}"]
    subprocess.run([browser, *flags, page.resolve().as_uri()], check=True, capture_output=True, timeout=120)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/pilot"))
