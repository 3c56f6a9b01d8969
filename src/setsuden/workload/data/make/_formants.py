"""Ten words made of formants over pulses (voice) and noise (breath, hiss): a crude talker that needs only numpy."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from setsuden.workload.data._speech import RATE_HZ

Sound = NDArray[np.float64]
_FRAME, _HOP = 512, 128
_BANDWIDTHS_HZ = np.array([80.0, 110.0, 160.0])


class _Phone(NamedTuple):
    """A stretch of a word: how long, its formants, how loud its voice and its noise are, where the noise lies."""

    seconds: float
    formants_hz: tuple[float, float, float]
    voice: float
    noise: float = 0.0
    noise_hz: float = 3000.0


# Vowels: means over men of Peterson and Barney 1952, table II. The consonants are rough and our own.
_I, _IH, _EH = (270.0, 2290.0, 3010.0), (390.0, 1990.0, 2550.0), (530.0, 1840.0, 2480.0)
_AH, _AA, _AO = (640.0, 1190.0, 2390.0), (730.0, 1090.0, 2440.0), (570.0, 840.0, 2410.0)
_U, _UH = (300.0, 870.0, 2240.0), (440.0, 1020.0, 2240.0)
_NASAL, _LIQUID = (280.0, 1300.0, 2500.0), (360.0, 1100.0, 2600.0)
_R = (420.0, 1250.0, 1600.0)


def _vowel(seconds: float, formants: tuple[float, float, float]) -> _Phone:
    return _Phone(seconds, formants, 1.0)


def _hiss(seconds: float, hz: float, loud: float = 0.5) -> _Phone:
    return _Phone(seconds, _AH, 0.0, loud, hz)


def _silence(seconds: float) -> _Phone:
    return _Phone(seconds, _AH, 0.0)


_N = _Phone(0.10, _NASAL, 0.45)
_L = _Phone(0.08, _LIQUID, 0.5)
_T = (_silence(0.05), _hiss(0.03, 4500.0, 0.6))
_P = (_silence(0.06), _hiss(0.02, 1200.0, 0.4))
_F = _hiss(0.13, 6000.0, 0.18)
_S = _hiss(0.15, 5500.0, 0.6)

_WORDS: dict[str, tuple[_Phone, ...]] = {
    "down": (_hiss(0.02, 3500.0), _vowel(0.14, _AA), _vowel(0.12, _UH), _N),
    "go": (_hiss(0.03, 2000.0), _vowel(0.14, _AO), _vowel(0.14, _U)),
    "left": (_L, _vowel(0.15, _EH), _F, *_T),
    "no": (_N, _vowel(0.14, _AO), _vowel(0.14, _U)),
    "off": (_vowel(0.20, _AO), _F),
    "on": (_vowel(0.20, _AA), _N),
    "right": (_Phone(0.08, _R, 0.6), _vowel(0.13, _AA), _vowel(0.10, _I), *_T),
    "stop": (_S, *_T, _vowel(0.15, _AA), *_P),
    "up": (_vowel(0.16, _AH), *_P),
    "yes": (_Phone(0.07, _I, 0.7), _vowel(0.15, _EH), _S),
}
WORDS = tuple(_WORDS)


def speaker(rng: np.random.Generator) -> Callable[[str, np.random.Generator], Sound]:
    """One with a length of throat, a pitch, a pace and a breath of its own."""
    throat = rng.uniform(0.85, 1.25)
    pitch_hz = rng.uniform(85.0, 140.0) * throat**2
    pace = rng.uniform(0.75, 1.3)
    breath = rng.uniform(0.01, 0.08)
    own = throat * rng.normal(1.0, 0.04, 3)

    def say(word: str, rng: np.random.Generator) -> Sound:
        slow = rng.uniform(0.9, 1.1) / pace
        phones = [phone._replace(seconds=phone.seconds * slow * rng.uniform(0.85, 1.15)) for phone in _WORDS[word]]
        return _spoken(phones, own * rng.normal(1.0, 0.02, 3), pitch_hz * rng.uniform(0.92, 1.08), breath, rng)

    return say


def _spoken(phones: list[_Phone], throat: Sound, pitch_hz: float, breath: float, rng: np.random.Generator) -> Sound:
    """Overlapping frames, each an excitation shaped by the formants of its moment."""
    ends = np.cumsum([phone.seconds for phone in phones])
    middles = ends - np.array([phone.seconds for phone in phones]) / 2
    moments = np.arange(0.0, ends[-1], _HOP / RATE_HZ)
    formants = np.stack([np.interp(moments, middles, [p.formants_hz[i] for p in phones]) for i in range(3)], axis=1)
    which = np.minimum(np.searchsorted(ends, moments), len(phones) - 1)
    voice = np.convolve(np.array([p.voice for p in phones])[which], np.ones(3) / 3, mode="same")
    noise = np.array([p.noise for p in phones])[which]
    noise_hz = np.array([p.noise_hz for p in phones])[which] * throat[2]
    samples = len(moments) * _HOP + _FRAME
    shape = _resonance(formants * throat)
    voiced = _shaped(_pulses(samples, pitch_hz), shape * voice[:, np.newaxis])
    breathed = _shaped(rng.normal(0, breath, samples), shape * voice[:, np.newaxis])
    hissed = _shaped(rng.normal(0, 0.3, samples), _band(noise_hz) * noise[:, np.newaxis])
    whole: Sound = voiced / max(np.abs(voiced).max(), 1e-9) + breathed + hissed
    return whole


def _pulses(samples: int, pitch_hz: float) -> Sound:
    """One pulse a period; the pitch falls by a tenth from start to end, as in a word said alone."""
    phase = np.cumsum(np.linspace(1.05, 0.95, samples)) * pitch_hz / RATE_HZ
    return np.diff(np.floor(phase), prepend=0.0)


def _resonance(formants_hz: Sound) -> Sound:
    """(frames, bins): three peaks and a fall of 6 dB an octave above 500 Hz."""
    hz = np.fft.rfftfreq(_FRAME, 1 / RATE_HZ)
    away = (hz[np.newaxis, :, np.newaxis] - formants_hz[:, np.newaxis, :]) / _BANDWIDTHS_HZ
    peaks: Sound = (1.0 / (1.0 + away**2)).sum(axis=2) / (1.0 + hz / 500.0)
    return peaks


def _band(middle_hz: Sound) -> Sound:
    """(frames, bins): a band 1.5 kHz to either side."""
    hz = np.fft.rfftfreq(_FRAME, 1 / RATE_HZ)
    band: Sound = np.exp(-(((hz[np.newaxis] - middle_hz[:, np.newaxis]) / 1500.0) ** 2))
    return band


def _shaped(excitation: Sound, shape: Sound) -> Sound:
    window = np.hanning(_FRAME)
    out = np.zeros(len(excitation))
    for frame, gains in enumerate(shape):
        part = slice(frame * _HOP, frame * _HOP + _FRAME)
        out[part] += np.fft.irfft(np.fft.rfft(excitation[part] * window) * gains, n=_FRAME)
    return out
