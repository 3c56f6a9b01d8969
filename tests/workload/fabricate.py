"""Tiny files in the real formats, written byte by byte so that they do not depend on the code under test."""

from __future__ import annotations

import gzip
import pickle
import struct
import wave
from pathlib import Path
from typing import Any

import numpy as np


def idx_bytes(array: np.ndarray[Any, Any]) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def mnist_folder(folder: Path, *, train: int = 20, test: int = 10, side: int = 28, zipped: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(0)
    for part, count in (("train", train), ("t10k", test)):
        images = generator.integers(0, 256, (count, side, side))
        for name, array in (
            (f"{part}-images-idx3-ubyte", images),
            (f"{part}-labels-idx1-ubyte", np.arange(count) % 10),
        ):
            data = idx_bytes(array)
            if zipped:
                (folder / f"{name}.gz").write_bytes(gzip.compress(data))
            else:
                (folder / name).write_bytes(data)
    return folder


CIFAR_FILES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")


def cifar_arrays(name: str, count: int = 10) -> tuple[np.ndarray[Any, Any], list[int]]:
    generator = np.random.default_rng(CIFAR_FILES.index(name))
    return generator.integers(0, 256, (count, 3072), dtype=np.uint8), [number % 10 for number in range(count)]


def cifar_python_folder(folder: Path, *, count: int = 10, protocol: int = 2) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in CIFAR_FILES:
        data, labels = cifar_arrays(name, count)
        content = {b"data": data, b"labels": labels, b"batch_label": b"x", b"filenames": [b"a.png"] * count}
        (folder / name).write_bytes(pickle.dumps(content, protocol=protocol))
    return folder


def cifar_binary_folder(folder: Path, *, count: int = 10) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in CIFAR_FILES:
        data, labels = cifar_arrays(name, count)
        records = np.concatenate([np.array(labels, dtype=np.uint8)[:, np.newaxis], data], axis=1)
        (folder / f"{name}.bin").write_bytes(records.tobytes())
    return folder


def write_wav(path: Path, samples: np.ndarray[Any, Any], *, rate: int = 16_000, channels: int = 1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(samples.astype("<i2").tobytes())


def speech_folder(folder: Path, *, speakers: int = 20, words: tuple[str, ...] = ("no", "yes")) -> Path:
    generator = np.random.default_rng(0)
    for word in words:
        for speaker in range(speakers):
            write_wav(folder / word / f"{speaker:08x}_nohash_0.wav", generator.integers(-3000, 3000, 16_000))
    write_wav(folder / "_background_noise_" / "hum.wav", np.zeros(16_000))
    return folder
