"""Numbers in plain decimals: some readers take ``1.2e-05`` for 1.2."""

from __future__ import annotations

from decimal import Decimal


def plain(value: float) -> str:
    """The shortest decimal that reads back as the same number, never in exponent form."""
    text = format(Decimal(repr(float(value))), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def rounded(value: float, digits: int = 6) -> str:
    """Plain decimals with so many significant digits."""
    return plain(float(f"{value:.{digits}g}"))
