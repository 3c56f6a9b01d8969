"""How alike two names are: weighted shared words, as a kernel matrix."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Words = tuple[tuple[str, float], ...]

_SPLIT = re.compile(r"[_./\s\-()|,+:]+")
_LETTERS = re.compile(r"[a-z]+")
_PORTED = re.compile(r"^(?:tf_|legacy_|gluon_)")
_WAYS, _HOW = ("eager", "dynamo"), 2.0
# Versions, and words that tell how a submission is put together more than what computes.
_LITTLE = re.compile(r"\d+|v\d{1,2}|config|cpp|cpu|default|implementation|inference|nvidia|using")
_LITTLE_TOLD = 0.4
_FAMILY, _KIND, _PART, _PART_LETTERS = 1.5, 1.0, 0.6, 0.6


@lru_cache(maxsize=16384)
def model_words(name: str) -> Words:
    """Weighted words of a model name: its family, its kind, and its parts; sizes in pixels say nothing here."""
    lowered = _PORTED.sub("", name.casefold().rsplit("/", 1)[-1])
    parts = [part for part in _SPLIT.split(lowered) if part]
    if not parts:
        return ()
    words = {f"kind:{parts[0]}": _KIND}
    words[f"family:{family(name)}"] = _FAMILY
    for part in parts[1:]:
        if not part.isdecimal():
            words[f"part:{part}"] = _PART
        letters = _LETTERS.match(part)
        if letters:
            words[f"letters:{letters.group(0)}"] = _PART_LETTERS
    return tuple(words.items())


@lru_cache(maxsize=16384)
def family(name: str) -> str:
    """The letters a model name begins with, without who ported it; the whole name where it begins with none."""
    lowered = _PORTED.sub("", name.casefold().rsplit("/", 1)[-1])
    letters = _LETTERS.match(lowered)
    return letters.group(0) if letters else lowered


@lru_cache(maxsize=16384)
def plain_words(text: str) -> Words:
    """Words of a description of software: how a model is run counts most, versions and words of packaging least."""
    words: dict[str, float] = {}
    for part in _SPLIT.split(text.casefold()):
        if part:
            words[part] = _LITTLE_TOLD if _LITTLE.fullmatch(part) else _HOW if part in _WAYS else 1.0
    return tuple(words.items())


def similarity(left: Sequence[str], right: Sequence[str], words_of: Callable[[str], Words]) -> Floats:
    """Cosine of weighted words, 0-1, shape (left, right); names without words are like nothing."""
    a, a_of = _distinct(left)
    b, b_of = _distinct(right)
    vocabulary, known = _known(tuple(b), words_of)
    matrix = _bag(a, words_of, vocabulary) @ known.T
    return np.asarray(matrix[np.ix_(a_of, b_of)], dtype=np.float64)


@lru_cache(maxsize=8)
def _known(names: tuple[str, ...], words_of: Callable[[str], Words]) -> tuple[dict[str, int], Floats]:
    """The words of names, numbered, and how much each name has of each; asked for again with every part of a table."""
    vocabulary = {word: k for k, word in enumerate(sorted({w for name in names for w, _ in words_of(name)}))}
    return vocabulary, _bag(names, words_of, vocabulary)


def _distinct(names: Iterable[str]) -> tuple[list[str], npt.NDArray[np.intp]]:
    index: dict[str, int] = {}
    where = np.array([index.setdefault(name, len(index)) for name in names], dtype=np.intp)
    return list(index), where


def _bag(names: Sequence[str], words_of: Callable[[str], Words], vocabulary: Mapping[str, int]) -> Floats:
    """How much each name has of each word of a vocabulary, all of its words being of length one."""
    bag = np.zeros((len(names), max(len(vocabulary), 1)))
    for i, name in enumerate(names):
        told = words_of(name)
        length = sum(weight**2 for _, weight in told) ** 0.5
        for word, weight in told:
            if word in vocabulary:
                bag[i, vocabulary[word]] = weight / length
    return bag
