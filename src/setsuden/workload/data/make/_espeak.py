"""Speakers of espeak-ng: an accent of English, a voice, a pitch and a speed each."""

from __future__ import annotations

import re
import shutil
import subprocess
import wave
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError, SetsudenError
from setsuden.workload.data._speech import RATE_HZ

_ACCENTS = ("en-gb", "en-us", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-rp", "en-gb-x-gbcwmd", "en-029")
_VOICES = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "f1", "f2", "f3", "f4", "f5")
_TIMEOUT_S = 20.0


def program() -> tuple[str, str]:
    """Where espeak-ng is, and what it calls itself. InputError where it is not installed."""
    found = shutil.which("espeak-ng")
    if found is None:
        raise InputError(
            "the program espeak-ng is not installed",
            place="espeak-keywords",
            remedy="On Debian or Ubuntu: apt install espeak-ng. Or make formant-keywords, which needs no program.",
        )
    version = re.search(r"\d+(\.\d+)*", _run([found, "--version"]))
    return found, f"espeak-ng {version.group()}" if version else "espeak-ng"


def speaker(path: str, rng: np.random.Generator) -> Callable[[str, np.random.Generator], NDArray[np.float64]]:
    """One that keeps accent, voice and pitch; each word at a speed a little different."""
    voice = f"{rng.choice(_ACCENTS)}+{rng.choice(_VOICES)}"
    pitch = int(rng.integers(20, 80))
    speed = int(rng.integers(120, 200))

    def say(word: str, rng: np.random.Generator) -> NDArray[np.float64]:
        with TemporaryDirectory(prefix="setsuden-") as place:
            file = Path(place) / "word.wav"
            hurry = speed + int(rng.integers(-10, 11))
            _run([path, "-v", voice, "-p", str(pitch), "-s", str(hurry), "-w", str(file), word])
            return _at_16_khz(file)

    return say


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SetsudenError(f"espeak-ng cannot be run: {error}", place=command[0]) from error
    if done.returncode != 0:
        raise SetsudenError(
            f"espeak-ng failed with exit code {done.returncode}: {done.stderr.strip()[:200]}",
            place=" ".join(command[1:]),
            remedy="Check that its voices are installed (apt install espeak-ng-data).",
        )
    return done.stdout


def _at_16_khz(path: Path) -> NDArray[np.float64]:
    """What the program wrote, its spectrum cut off at 8 kHz."""
    try:
        with wave.open(str(path), "rb") as sound:
            rate = sound.getframerate()
            form = (sound.getnchannels(), sound.getsampwidth())
            samples = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2") / 32768.0
    except (wave.Error, EOFError, OSError, ValueError) as error:
        raise SetsudenError(f"espeak-ng wrote no sound: {error}", place=str(path)) from error
    if form != (1, 2):
        raise SetsudenError("espeak-ng wrote sound of an unknown form", place=str(path), value=form)
    count = max(1, round(len(samples) * RATE_HZ / rate))
    return np.fft.irfft(np.fft.rfft(samples)[: count // 2 + 1], n=count) * (count / max(len(samples), 1))
