"""The picture of power over time: a line and a band for each component, a lane of the windows above it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from setsuden.dashboard.trace import Trace, Traces
from setsuden.report.svg.axes import x_axis, y_axis, y_label_room
from setsuden.report.svg.element import Frame, escape, picture, shorten, tag, text
from setsuden.report.svg.marks import line, polygon, series_class
from setsuden.report.svg.scale import Linear

_SIZE = 11.0
_LANE = 16.0
_MOST_SPANS = 300
TIME_UNITS = ((3600.0, "h"), (60.0, "min"), (1.0, "s"))


@dataclass(frozen=True, slots=True)
class Span:
    """A window: when it began and ended, on the clock of the traces, and its name."""

    start_s: float
    end_s: float
    name: str


def power_chart(
    found: Traces,
    spans: Sequence[Span],
    identity: str,
    *,
    title: str,
    description: str,
    x_title: str,
    y_title: str,
    width: float = 720,
    height: float = 280,
) -> str:
    """The picture; time counts from the first sample in the unit of ``time_unit``, which ``x_title`` names."""
    most = max((value for trace in found.traces for value in trace.high if value is not None), default=0.0) or 1.0
    lane = _LANE + 6 if spans else 0.0
    y = Linear(0.0, most * 1.06, height - 46, 24 + lane)
    frame = Frame(width, height, y_label_room(y, height - 70 - lane), 12, 24 + lane, 46)
    length = found.step_s * found.steps
    size, _ = time_unit(length)
    x = Linear(0.0, length / size, frame.x0, frame.x1)
    pieces = [y_axis(frame, y, y_title), x_axis(frame, x, x_title, grid=False)]
    pieces += [_lane(spans, found.start_s, size, x)] * bool(spans)
    for index, trace in enumerate(found.traces):
        pieces.append(_trace(trace, index, found, size, x, y))
    return picture(frame, identity, title, description, *pieces)


def time_unit(length_s: float) -> tuple[float, str]:
    """Seconds in the unit that suits a length of time, and its symbol."""
    return next((pair for pair in TIME_UNITS if length_s >= 2 * pair[0]), TIME_UNITS[-1])


def _trace(trace: Trace, index: int, found: Traces, size: float, x: Linear, y: Linear) -> str:
    colour, pieces = series_class(index), [tag("title", escape(trace.component))]
    for run in _stretches(trace):
        times = [x((place + 0.5) * found.step_s / size) for place in run]
        lows, means, highs = (
            [y(max(0.0, value)) for place in run if (value := column[place]) is not None]
            for column in (trace.low, trace.mean, trace.high)
        )
        if lows != highs:
            band = [*zip(times, highs, strict=True), *reversed([*zip(times, lows, strict=True)])]
            pieces.append(tag("path", d=polygon(band), class_=f"area band {colour}"))
        if len(run) == 1:
            pieces.append(tag("circle", cx=times[0], cy=means[0], r=1.5, class_=f"pt {colour}"))
        else:
            pieces.append(tag("path", d=line([*zip(times, means, strict=True)]), class_=f"line thin {colour}"))
    return tag("g", *pieces)


def _stretches(trace: Trace) -> Iterator[list[int]]:
    for known, places in groupby(range(len(trace.mean)), key=lambda place: trace.mean[place] is not None):
        if known:
            yield list(places)


def _lane(spans: Sequence[Span], start_s: float, size: float, x: Linear) -> str:
    pieces = []
    for number, span in enumerate(spans[:_MOST_SPANS]):
        left, right = (x(min(max((at - start_s) / size, x.low), x.high)) for at in (span.start_s, span.end_s))
        if right <= left:
            continue
        name = shorten(span.name, right - left - 8, _SIZE)
        pieces.append(
            tag(
                "g",
                tag("title", escape(span.name)),
                tag("rect", x=left, y=20, width=right - left, height=_LANE, class_=f"lane {'odd' * (number % 2)}"),
                text(name, left + 4, 20 + _LANE - 4, "mark-label") if len(name) > 2 else "",
            )
        )
    return tag("g", *pieces)
