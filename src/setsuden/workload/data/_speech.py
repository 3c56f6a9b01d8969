"""Speech Commands: one folder a word, one-second WAV files of 16 kHz, 16 bit, one channel."""

from __future__ import annotations

import hashlib
import struct
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from setsuden.errors import InputError
from setsuden.workload.data._dataset import Dataset, Limits, standardised
from setsuden.workload.data._mfcc import keyword_features
from setsuden.workload.data._source import Source

RATE_HZ = 16_000
_HELD_OUT_SHARE = 0.1


def _waveforms(folder: Path, limits: Limits) -> Dataset:
    return _load(SPEECH_COMMANDS, folder, limits, features=False)


def _features(folder: Path, limits: Limits) -> Dataset:
    return _load(SPEECH_COMMANDS_MFCC, folder, limits, features=True)


def _load(source: Source, folder: Path, limits: Limits, *, features: bool) -> Dataset:
    classes = tuple(sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and entry.name[:1] not in "_."))
    train: list[tuple[Path, int]] = []
    test: list[tuple[Path, int]] = []
    unused = _listed(folder / "validation_list.txt")
    tested = _listed(folder / "testing_list.txt")
    for label, word in enumerate(classes):
        for path in sorted((folder / word).glob("*.wav")):
            key = f"{word}/{path.name}"
            held_out = key in tested if tested is not None else _speaker_is_held_out(path.name)
            if held_out:
                test.append((path, label))
            elif unused is None or key not in unused:
                train.append((path, label))
    if not train or not test:
        raise InputError(
            f"{len(train)} training and {len(test)} held-out WAV files in {len(classes)} word folders",
            place=str(folder),
            remedy="Both must be there; see testing_list.txt.",
        )
    y_train, y_test = (np.array([label for _, label in part], dtype=np.int64) for part in (train, test))
    kept_train, kept_test = limits.kept_train(y_train), limits.kept_test(y_test)
    sounds_train, sounds_test = (
        np.stack([read_wav(part[index][0]) for index in kept])[:, np.newaxis]
        for part, kept in ((train, kept_train), (test, kept_test))
    )
    if features:
        sounds_train, sounds_test = keyword_features(sounds_train, RATE_HZ), keyword_features(sounds_test, RATE_HZ)
    x_train, x_test, standardisation = standardised(sounds_train, sounds_test)
    speakers = np.array([_speaker(train[index][0].name) for index in kept_train])
    held = (x_train, y_train[kept_train]), (x_test, y_test[kept_test])
    return source.dataset(folder, classes, *held, standardisation, groups_train=speakers)


def read_wav(path: Path) -> NDArray[np.float32]:
    """One second of sound, -1 .. 1: shorter files are filled with silence, longer ones cut."""
    try:
        with wave.open(str(path), "rb") as sound:
            form = (sound.getnchannels(), sound.getsampwidth(), sound.getframerate())
            promised = sound.getnframes()
            data = sound.readframes(promised)
    except (wave.Error, EOFError, OSError, RuntimeError, struct.error) as error:  # a damaged chunk size: RuntimeError
        raise InputError(
            f"not a readable WAV file: {error or 'it ends too early'}", place=str(path), remedy="Fetch it again."
        ) from error
    if form != (1, 2, RATE_HZ):
        raise InputError(
            f"expected 1 channel, 16 bit, {RATE_HZ} Hz",
            place=str(path),
            value=f"{form[0]} channels, {8 * form[1]} bit, {form[2]} Hz",
            remedy="Convert it, for example with sox.",
        )
    if len(data) != 2 * promised:
        raise InputError(
            f"the file ends early: its header promises {promised} samples",
            place=f"{path}, byte {path.stat().st_size}",
            value=len(data) // 2,
            remedy="Fetch it again.",
        )
    samples = np.frombuffer(data, dtype="<i2")[:RATE_HZ].astype(np.float32) / 32768.0
    return np.pad(samples, (0, RATE_HZ - len(samples)))


def _listed(path: Path) -> frozenset[str] | None:
    """The files that a list names, None where there is no list."""
    if not path.is_file():
        return None
    return frozenset(line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip())


def _speaker_is_held_out(name: str) -> bool:
    """Without a list: a tenth of the speakers, by a hash of the name before ``_nohash_``, so none is in both parts."""
    position = int.from_bytes(hashlib.sha1(_speaker(name).encode()).digest()[:8], "big") / 2**64
    return position < _HELD_OUT_SHARE


def _speaker(name: str) -> str:
    """Of the file ``SPEAKER_nohash_K.wav``."""
    return name.removesuffix(".wav").split("_nohash_")[0]


_ORIGIN = "Warden 2018, arXiv:1804.03209"
_FILES = (("*/*.wav",),)
_FOLDERS = ("speech-commands", "speech_commands", "SpeechCommands/speech_commands_v0.02")
SPEECH_COMMANDS = Source(
    name="speech-commands",
    domain="audio",
    folders=_FOLDERS,
    system=(),
    files=_FILES,
    origin=_ORIGIN,
    licence="CC BY 4.0",
    load=_waveforms,
)
SPEECH_COMMANDS_MFCC = Source(
    name="speech-commands-mfcc",
    domain="audio",
    folders=_FOLDERS,
    system=(),
    files=_FILES,
    origin=_ORIGIN,
    licence="CC BY 4.0",
    load=_features,
)
