"""Colours: readable in light and dark (WCAG AA), series told apart by people with colour-blindness."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import combinations

import pytest

CSS = (files("setsuden.report") / "templates" / "style.css").read_text(encoding="utf-8")
Colour = tuple[float, float, float]


def palette(block: str) -> dict[str, Colour]:
    found = re.findall(r"--([a-z0-9-]+):\s*#([0-9a-f]{6})", block)
    return {name: (int(code[:2], 16) / 255, int(code[2:4], 16) / 255, int(code[4:], 16) / 255) for name, code in found}


_LIGHT, _DARK = CSS.split("prefers-color-scheme: dark", 1)
THEMES = {"light": palette(_LIGHT), "dark": palette(_DARK.split("* {", 1)[0])}


def linear(colour: Colour) -> Colour:
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return r, g, b


def luminance(colour: Colour) -> float:
    r, g, b = linear(colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: Colour, b: Colour) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_both_themes_name_the_same_colours(theme: str) -> None:
    assert set(THEMES[theme]) == set(THEMES["light"])


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ink", ["ink", "soft", "link", "accent-ink", "bad"])
@pytest.mark.parametrize("ground", ["bg", "card", "accent-soft"])
def test_text_has_a_contrast_of_four_and_a_half(theme: str, ink: str, ground: str) -> None:
    colours = THEMES[theme]
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_warnings_have_a_contrast_of_four_and_a_half(theme: str) -> None:
    colours = THEMES[theme]
    assert contrast(colours["warn-ink"], colours["warn-bg"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("mark", ["accent", "axis", "focus", *(f"s{index}" for index in range(8))])
@pytest.mark.parametrize("ground", ["bg", "card"])
def test_marks_have_a_contrast_of_three(theme: str, mark: str, ground: str) -> None:
    colours = THEMES[theme]
    assert contrast(colours[mark], colours[ground]) >= 3.0


# Machado, Oliveira and Fernandes 2009, "A physiologically-based model for simulation of color vision deficiency",
# full severity, applied to linear RGB.
DEFICIENCIES = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def seen(colour: Colour, deficiency: str) -> Colour:
    rgb = linear(colour)
    r, g, b = (
        min(1.0, max(0.0, sum(k * c for k, c in zip(row, rgb, strict=True)))) for row in DEFICIENCIES[deficiency]
    )
    return r, g, b


def lab(rgb: Colour) -> Colour:
    """CIE L*a*b* of linear sRGB, D65."""
    r, g, b = rgb
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
    )
    x, y, z = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("reader", ["usual", *DEFICIENCIES])
@pytest.mark.parametrize(("series", "apart"), [(4, 21), (8, 18)])
def test_series_stay_apart_for_every_reader(theme: str, reader: str, series: int, apart: float) -> None:
    """Shapes differ as well; the colours alone must already be told apart, those of the first four more so."""
    marks = [THEMES[theme][f"s{index}"] for index in range(series)]
    colours = [lab(linear(mark) if reader == "usual" else seen(mark, reader)) for mark in marks]
    for a, b in combinations(colours, 2):
        assert sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) ** 0.5 > apart


def test_paper_gets_the_light_colours() -> None:
    assert "@media screen and (prefers-color-scheme: dark)" in CSS
    assert "@media print" in CSS
