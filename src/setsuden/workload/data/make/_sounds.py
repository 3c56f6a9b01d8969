"""Spoken words as Speech Commands keeps them: WORD/SPEAKER_nohash_K.wav, one second, 16 kHz, 16 bit, one channel."""

from __future__ import annotations

import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from setsuden.workload.data._speech import RATE_HZ
from setsuden.workload.data.make import _espeak, _formants

Sound = NDArray[np.float64]
HELD_OUT_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Speak:
    """A way of making words.

    speaker   draws a speaker of the given name; it then says a word: samples at 16 kHz, any length and loudness
    """

    words: tuple[str, ...]
    about: str
    licence: str
    speaker: Callable[[np.random.Generator], Callable[[str, np.random.Generator], Sound]]


def espeak() -> Speak:
    """By the program espeak-ng. InputError where it is not installed."""
    program, version = _espeak.program()
    return Speak(
        _formants.WORDS,
        f"ten words spoken by {version}",
        "no rights claimed: generated (espeak-ng itself: GPL-3.0-or-later)",
        lambda rng: _espeak.speaker(program, rng),
    )


def formants() -> Speak:
    """By formants over pulses and noise; needs nothing but numpy."""
    return Speak(_formants.WORDS, "ten words made of formants", "no rights claimed: generated", _formants.speaker)


def write_speech(folder: Path, speak: Speak, speakers: int, takes: int, seed: int) -> tuple[int, int]:
    """Every speaker says every word ``takes`` times; a fifth of the speakers is held out by ``testing_list.txt``.

    How many training and held-out files were written.
    """
    rng = np.random.default_rng(seed)
    names = [f"{number:08x}" for number in rng.choice(2**32, size=speakers, replace=False)]
    held_out = set(names[: max(1, round(speakers * HELD_OUT_SHARE))])
    for word in speak.words:
        (folder / word).mkdir()
    listed = []
    for name in names:
        say = speak.speaker(rng)
        for word in speak.words:
            for take in range(takes):
                file = f"{word}/{name}_nohash_{take}.wav"
                _write(folder / file, _placed(say(word, rng), rng))
                if name in held_out:
                    listed.append(file)
    (folder / "testing_list.txt").write_text("\n".join(sorted(listed)) + "\n", encoding="utf-8")
    return len(names) * len(speak.words) * takes - len(listed), len(listed)


def _placed(sound: Sound, rng: np.random.Generator) -> Sound:
    """Somewhere within one second, at a gain of 0.3 to 1, over white noise 20 to 40 dB below the loudest sample."""
    loud = np.flatnonzero(np.abs(sound) > 0.02 * max(np.abs(sound).max(initial=0.0), 1e-9))
    word = sound[loud[0] : loud[-1] + 1][:RATE_HZ] if len(loud) else sound[:0]
    second = np.zeros(RATE_HZ)
    start = rng.integers(0, RATE_HZ - len(word) + 1)
    second[start : start + len(word)] = word / max(np.abs(word).max(initial=0.0), 1e-9)
    second *= rng.uniform(0.3, 1.0)
    return np.clip(second + rng.normal(0, 10 ** rng.uniform(-2, -1) / 3, RATE_HZ), -1, 1)


def _write(path: Path, second: Sound) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((second * 32767).astype("<i2").tobytes())
