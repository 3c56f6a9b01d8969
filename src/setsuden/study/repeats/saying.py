"""A comparison of groups in words."""

from __future__ import annotations

import math
from collections.abc import Iterator

from setsuden.language import Language, Messages
from setsuden.language.flag_text import told
from setsuden.quantity import Estimate
from setsuden.study.repeats.comparison import ONE_RUN, UNDECIDED, UNKNOWN, Comparison, Contrast
from setsuden.study.repeats.scatter import MOST_REPEATS


def lines(comparison: Comparison, language: Language) -> Iterator[str]:
    """A verdict for every group, what it rests on, and what to know of the conditions."""
    messages = Messages("compare", language)
    for contrast in comparison.contrasts:
        yield _verdict(contrast, messages)
        yield from ("  " + line for line in _grounds(contrast, messages))
    for flag in comparison.flags:
        yield messages.say("warning", code=flag.code, detail=told(flag, language))


def _verdict(contrast: Contrast, messages: Messages) -> str:
    names = {"other": contrast.group.label, "baseline": contrast.baseline.label}
    ratio = contrast.ratio
    if ratio is None or contrast.verdict == UNKNOWN:
        return messages.say("verdict.unknown", **names)
    digits = _digits(ratio)
    if contrast.verdict == UNDECIDED:
        low, best, high = (_change(value, digits, messages) for value in (ratio.low, ratio.value, ratio.high))
        return messages.say("verdict.undecided", **names, low=low, best=best, high=high)
    way = "less" if ratio.value < 1 else "more"
    names["change"] = _interval(ratio, digits)
    if contrast.verdict == ONE_RUN:
        few = messages.say("run.one" if len(contrast.group.runs) == len(contrast.baseline.runs) == 1 else "run.few")
        return messages.say(f"verdict.one_{way}", **names, runs=few)
    return messages.say(f"verdict.{way}", **names)


def _grounds(contrast: Contrast, messages: Messages) -> Iterator[str]:
    digits = _digits(contrast.ratio)
    if contrast.verdict == ONE_RUN:
        yield messages.say("repeat")
    if contrast.verdict == UNDECIDED:
        if contrast.meter_decides:
            yield messages.say("further.never")
        elif contrast.further is None:
            yield messages.say("further.too_many", most=f"{MOST_REPEATS:,}")
        else:
            yield messages.say("further.some", count=f"{contrast.further:,}")
    if contrast.method is not None and contrast.unpaired is not None and contrast.meter is not None:
        if contrast.method == "paired" and contrast.paired is not None:
            yield messages.say(
                "scatter.paired",
                pairs=len(contrast.group.runs),
                paired=_signed(contrast.paired, digits),
                unpaired=_signed(contrast.unpaired, digits),
            )
        else:
            yield messages.say("scatter.unpaired", unpaired=_signed(contrast.unpaired, digits))
    if contrast.meter is not None:
        key = "meter.shared" if contrast.shared else "meter.apart"
        yield messages.say(key, meter=_signed(contrast.meter, digits))


def _interval(ratio: Estimate, digits: int) -> str:
    """A ratio as a change with its interval, in the direction of its value: ``12 % [8, 16]``."""
    sign = -1.0 if ratio.value < 1 else 1.0
    value, *ends = (sign * (end - 1) for end in (ratio.value, ratio.low, ratio.high))
    low, high = sorted(ends)
    best = _percent(value, digits)
    return f"{best} %" if low == high else f"{best} % [{_percent(low, digits)}, {_percent(high, digits)}]"


def _signed(ratio: Estimate, digits: int) -> str:
    """A ratio as a change against the baseline, less is negative: ``-12 % [-16, -8]``."""
    value, low, high = (f"{(end - 1) * 100:+,.{digits}f}" for end in (ratio.value, ratio.low, ratio.high))
    return f"{value} % [{low}, {high}]"


def _change(ratio: float, digits: int, messages: Messages) -> str:
    share = f"{_percent(abs(ratio - 1), digits)} %"
    return messages.say("change.less" if ratio < 1 else "change.more", share=share)


def _digits(ratio: Estimate | None) -> int:
    """Decimals of percentages that the interval of a ratio supports."""
    width = 0.0 if ratio is None else ratio.high - ratio.low
    return 1 if width <= 0 else min(3, max(0, math.ceil(-math.log10(width * 100 / 5))))


def _percent(share: float, digits: int) -> str:
    return f"{share * 100:,.{digits}f}"
