"""What a flag says with its figures, in the reader's language; ledgers and documents keep the English sentence."""

from __future__ import annotations

import re

from setsuden.language import Language, Messages

_SENTENCES = {
    "modelled": r"Nothing here was measured: every joule is modelled\.",
    "no_model": r"No sensor and no model for this machine: the energy is unknown\.",
    "noisy": r"Power varied by (?P<share>\S+) of its mean over (?P<samples>\S+) samples\.",
    "input": r"(?P<share>\S+) of the time went into waiting for data\.",
    "resolution": r"Shorter or smaller than the sensor can tell apart: (?P<channels>.+)\.",
    "short": r"(?P<seconds>\S+) s is less than (?P<count>\S+) refreshes of (?P<refresh>\S+) s\.",
    "idle": r"The (?P<part>GPU|CPU) was busy for (?P<share>\S+) of the time\.",
    "busy": r"Other programs kept (?P<share>\S+) of the processor busy\.",
    "busy_idle": r"Other programs kept (?P<share>\S+) of the processor busy while the idle power was taken\.",
    "drift": r"Idle power before and after differ: (?P<channels>.+)\.",
    "cut_off": r"The process ended inside this window; it is measured up to the last sample\.",
    "diverged": r"A loss was not finite; measuring went on from fresh weights\.",
    "syllabus": r"The budget allows (?P<samples>\S+) samples per training, (?P<epochs>\S+) of (?P<asked>\S+) epochs\.",
    "untrained": r"Nothing was left of the budget to train for accuracy: (?P<names>.+)\.",
    "unmeasured": r"The budget ended before: (?P<names>.+)\.",
    "once": r"Measured once: the scatter is that of comparable configurations\.",
}
_PATTERNS = {key: re.compile(sentence) for key, sentence in _SENTENCES.items()}


def said(detail: str, language: Language) -> str | None:
    """``detail`` in ``language``; None for a sentence that has no words there."""
    if language == "en":
        return detail
    for key, pattern in _PATTERNS.items():
        if match := pattern.fullmatch(detail):
            return Messages("report", language).say(f"flag_detail.{key}", **match.groupdict())
    return None
