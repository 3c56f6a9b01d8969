"""Mel-frequency cepstral coefficients, the small picture of a second of sound that keyword spotters look at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FRAME_S, _HOP_S = 0.040, 0.020
_BANDS, _COEFFICIENTS = 40, 10
_LOW_HZ, _HIGH_HZ = 20.0, 4000.0
_CHUNK = 256  # sounds transformed at once, to bound memory


def keyword_features(sounds: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    """(n, 1, samples) to (n, 1, frames, 10): frames of 40 ms every 20 ms, 40 mel bands, 10 coefficients.

    The set-up of Zhang et al. 2017 (arXiv:1711.07128): one second gives 49 frames.
    """
    length, hop = round(_FRAME_S * rate_hz), round(_HOP_S * rate_hz)
    window = np.hanning(length + 1)[:-1]
    bands = _mel_bands(length, rate_hz)
    cosines = _cosine_basis()
    out = []
    for start in range(0, len(sounds), _CHUNK):
        part = sounds[start : start + _CHUNK, 0]
        frames = np.lib.stride_tricks.sliding_window_view(part, length, axis=1)[:, ::hop] * window
        power = np.abs(np.fft.rfft(frames, axis=2)) ** 2
        out.append((np.log(power @ bands + 1e-6) @ cosines).astype(np.float32))
    return np.concatenate(out)[:, np.newaxis]


def _mel_bands(length: int, rate_hz: int) -> NDArray[np.float64]:
    """(bins, bands): triangles evenly spaced on the mel scale, 1127 ln(1 + f / 700)."""
    low, high = (1127.0 * np.log1p(edge / 700.0) for edge in (_LOW_HZ, _HIGH_HZ))
    edges = 700.0 * np.expm1(np.linspace(low, high, _BANDS + 2) / 1127.0)
    frequencies = np.fft.rfftfreq(length, 1.0 / rate_hz)[:, np.newaxis]
    rising = (frequencies - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequencies) / (edges[2:] - edges[1:-1])
    bands: NDArray[np.float64] = np.maximum(0.0, np.minimum(rising, falling))
    return bands


def _cosine_basis() -> NDArray[np.float64]:
    """(bands, coefficients) of the orthonormal cosine transform."""
    angles = np.pi * (np.arange(_BANDS)[:, np.newaxis] + 0.5) * np.arange(_COEFFICIENTS) / _BANDS
    basis: NDArray[np.float64] = np.sqrt(2.0 / _BANDS) * np.cos(angles)
    basis[:, 0] /= np.sqrt(2.0)
    return basis
