"""Ten families of drawn textures, in any colours, sizes and directions: what makes the class is the form alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from setsuden.workload.data.make._pictures import Image, Pictures

Field = NDArray[np.float64]
_GRAIN = 0.12


def textures() -> Pictures:
    """Needs nothing but numpy."""
    return Pictures(tuple(_FAMILIES), "drawn textures", "no rights claimed: generated", _draw)


def _draw(label: int, count: int, side: int, held_out: bool, rng: np.random.Generator) -> Image:
    family = tuple(_FAMILIES.values())[label]
    return np.stack([_coloured(family(rng, side), rng) for _ in range(count)])


def _coloured(field: Field, rng: np.random.Generator) -> Image:
    """Between two random colours, with grain on top."""
    dark, light = rng.uniform(0, 1, (2, 3))
    blend = dark + (light - dark) * field[:, :, np.newaxis] + rng.normal(0, _GRAIN, (*field.shape, 3))
    image: Image = (np.clip(blend, 0, 1) * 255).astype(np.uint8)
    return image


def _turned(rng: np.random.Generator, side: int) -> tuple[Field, Field]:
    """Coordinates in image widths, turned and shifted at random."""
    angle = rng.uniform(0, np.pi)
    down, across = np.mgrid[0:side, 0:side] / side
    return (
        across * np.cos(angle) + down * np.sin(angle) + rng.uniform(),
        down * np.cos(angle) - across * np.sin(angle) + rng.uniform(),
    )


def _wave(position: Field, rng: np.random.Generator) -> Field:
    field: Field = 0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(2, 5) * position)
    return field


def _stripes(rng: np.random.Generator, side: int) -> Field:
    return _wave(_turned(rng, side)[0], rng)


def _checks(rng: np.random.Generator, side: int) -> Field:
    along, across = _turned(rng, side)
    period = rng.uniform(3, 7)
    return ((np.floor(along * period) + np.floor(across * period)) % 2).astype(np.float64)


def _plaid(rng: np.random.Generator, side: int) -> Field:
    along, across = _turned(rng, side)
    return (_wave(along, rng) + _wave(across, rng)) / 2


def _rings(rng: np.random.Generator, side: int) -> Field:
    down, across = np.mgrid[0:side, 0:side] / side
    middle = rng.uniform(0.2, 0.8, 2)
    return _wave(np.hypot(down - middle[0], across - middle[1]), rng)


def _spokes(rng: np.random.Generator, side: int) -> Field:
    down, across = np.mgrid[0:side, 0:side] / side
    middle = rng.uniform(0.2, 0.8, 2)
    turn = np.arctan2(down - middle[0], across - middle[1])
    field: Field = 0.5 + 0.5 * np.sin(rng.integers(3, 9) * turn + rng.uniform(0, 2 * np.pi))
    return field


def _dots(rng: np.random.Generator, side: int) -> Field:
    along, across = _turned(rng, side)
    period = rng.uniform(3, 6)
    return (np.hypot((along * period) % 1 - 0.5, (across * period) % 1 - 0.5) < rng.uniform(0.2, 0.35)).astype(float)


def _bricks(rng: np.random.Generator, side: int) -> Field:
    along, across = _turned(rng, side)
    rows = rng.uniform(4, 7)
    row = np.floor(across * rows)
    joint = rng.uniform(0.1, 0.2)
    return ((((along * rows / 2 + row / 2) % 1) > joint / 2) & (((across * rows) % 1) > joint)).astype(float)


def _cells(rng: np.random.Generator, side: int) -> Field:
    down, across = np.mgrid[0:side, 0:side, 0:1][:2] / side
    seeds = rng.uniform(0, 1, (2, rng.integers(6, 14)))
    near = np.sort(np.hypot(down - seeds[0], across - seeds[1]), axis=2)
    field: Field = np.clip((near[:, :, 1] - near[:, :, 0]) * 12, 0, 1)
    return field


def _clouds(rng: np.random.Generator, side: int) -> Field:
    return _filtered(rng, side, rng.uniform(2.0, 3.0))


def _grain(rng: np.random.Generator, side: int) -> Field:
    return _filtered(rng, side, rng.uniform(0.2, 0.7))


def _filtered(rng: np.random.Generator, side: int, steepness: float) -> Field:
    """Noise whose amplitude falls with frequency to the power ``steepness``; spread over 0 .. 1."""
    frequency = np.hypot(np.fft.fftfreq(side)[:, np.newaxis], np.fft.rfftfreq(side))
    frequency[0, 0] = 1.0
    noise = np.fft.irfft2(np.fft.rfft2(rng.normal(size=(side, side))) / frequency**steepness, s=(side, side))
    field: Field = np.clip(0.5 + 0.25 * (noise - noise.mean()) / noise.std(), 0, 1)
    return field


_FAMILIES: dict[str, Callable[[np.random.Generator, int], Field]] = {
    "bricks": _bricks,
    "cells": _cells,
    "checks": _checks,
    "clouds": _clouds,
    "dots": _dots,
    "grain": _grain,
    "plaid": _plaid,
    "rings": _rings,
    "spokes": _spokes,
    "stripes": _stripes,
}
