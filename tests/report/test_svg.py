"""Charts: well-formed, inside their frame, nothing overlapping, whatever the data."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.report import svg
from setsuden.report.svg.element import Frame, escape, shorten, tag, text, width_of
from setsuden.report.svg.labels import Anchor, Box, place, spread
from setsuden.report.svg.marks import SHAPES, marker, series_class, series_shape
from setsuden.report.svg.pareto import Kind
from setsuden.report.svg.scale import Linear, Log, Stretched, around, clipped, linear, log, nice_step, shares, tick_text
from setsuden.report.svg.tornado import Swing, tornado_chart

SPACE = "{http://www.w3.org/2000/svg}"
POSITIVE = st.floats(1e-9, 1e9)
ANY_TEXT = st.text(max_size=30)


def coordinates(source: str) -> list[float]:
    """Every coordinate of marks and lines in a picture."""
    found = []
    for element in ElementTree.fromstring(source).iter():
        keys = ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy")
        found += [float(element.attrib[key]) for key in keys if key in element.attrib]
        found += [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", element.attrib.get("d", ""))]
    return found


def point(index: int, x: float, y: float, spread_of: float, name: str = "A") -> svg.Point:
    kinds: tuple[Kind, ...] = ("recommended", "front", "feasible", "missed")
    low, high = max(0.0, y - 3), min(100.0, y + 3)
    return svg.Point(
        name, x, x / spread_of, x * spread_of, y, low, high, kinds[index % 4], index % 2 == 0, f"tip {name}"
    )


TEXTS = svg.Texts("title", "description", "energy (J)", "accuracy", "accuracy, stretched")


@settings(max_examples=40)
@given(
    st.lists(st.tuples(POSITIVE, st.floats(0.1, 99.9), st.floats(1.0, 100.0), ANY_TEXT), min_size=1, max_size=12),
    st.one_of(st.none(), st.floats(1, 99)),
    st.sampled_from([350, 760]),
)
def test_a_pareto_chart_stays_in_its_frame(
    rows: list[tuple[float, float, float, str]], floor: float | None, width: int
) -> None:
    points = [point(index, *row) for index, row in enumerate(rows)]
    source = svg.pareto(points, TEXTS, "p", width=width, height=400, floor=floor)
    assert all(-12 <= number <= max(width, 400) + 12 for number in coordinates(source))
    titles = [element.text for element in ElementTree.fromstring(source).iter(f"{SPACE}title")]
    assert len(titles) == 1 + len(points)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 4096), POSITIVE), min_size=1, max_size=6, unique_by=lambda row: row[0]))
def test_batch_curves_stay_in_their_frame(rows: list[tuple[int, float]]) -> None:
    points = [svg.CurvePoint(x, y, 0.0, y * 2, "tip", ring=index == 0) for index, (x, y) in enumerate(sorted(rows))]
    series = [svg.Curve("名前" * 9, 0, points), svg.Curve("<b>", 9, points)]
    source = svg.curves(series, "c", title="t", description="d", x_title="x", y_title="y")
    assert all(-12 <= number <= 532 for number in coordinates(source))


@settings(max_examples=40)
@given(st.lists(st.tuples(POSITIVE, POSITIVE), min_size=1, max_size=6), st.sampled_from([350, 1000]))
def test_dumbbells_stay_in_their_frame(rows: list[tuple[float, float]], width: int) -> None:
    drawn = [
        svg.Row(f"model {index}", svg.End(a, 0.0, a * 9, "a"), svg.End(b, b, b, "b"), "× 3.0")
        for index, (a, b) in enumerate(rows)
    ]
    source = svg.dumbbells(drawn, "d", title="t", description="d", x_title="x", width=width)
    assert all(-12 <= number <= max(width, 62 + 46 * len(rows)) + 12 for number in coordinates(source))


@settings(max_examples=40)
@given(st.lists(st.tuples(POSITIVE, POSITIVE), min_size=1, max_size=20))
def test_scatters_stay_in_their_frame(rows: list[tuple[float, float]]) -> None:
    dots = [svg.Dot(x, y, index, "tip") for index, (x, y) in enumerate(rows)]
    source = svg.scatter(dots, "s", title="t", description="d", x_title="x", y_title="y")
    assert all(-12 <= number <= 342 for number in coordinates(source))


@settings(max_examples=40)
@given(st.lists(st.one_of(st.none(), st.floats(0, 1e4)), min_size=2, max_size=60))
def test_areas_leave_gaps_open(values: list[float | None]) -> None:
    times = [float(index) for index in range(len(values))]
    source = svg.areas(times, {"cpu": values, "dram": [1.0] * len(values)}, [(1.0, "<x>"), (9e9, "late")], "a",
                       title="t", description="d", x_title="x", y_title="y")  # fmt: skip
    known = "".join("x" if value is not None else " " for value in values).split()
    assert source.count('class="area s0"') == len(known)
    assert "late" not in source
    assert all(-12 <= number <= 732 for number in coordinates(source))


@pytest.mark.parametrize("index", range(56))
def test_series_differ_in_colour_and_shape(index: int) -> None:
    looks = [(series_class(other), series_shape(other)) for other in range(index)]
    assert (series_class(index), series_shape(index)) not in looks


@pytest.mark.parametrize("shape", [*SHAPES, "star"])
def test_markers_are_centred(shape: str) -> None:
    element = ElementTree.fromstring(marker(shape, 50, 40, 6, "pt"))
    if shape == "circle":
        assert (element.get("cx"), element.get("cy")) == ("50", "40")
        return
    pairs = re.findall(r"(-?[\d.]+) (-?[\d.]+)", element.get("d") or "")
    xs = [float(x) for x, _ in pairs]
    assert abs((min(xs) + max(xs)) / 2 - 50) < 0.2
    assert all(abs(float(y) - 40) < 12 for _, y in pairs)


@given(ANY_TEXT)
def test_any_text_is_text(content: str) -> None:
    element = ElementTree.fromstring(text(content, 1, 2, class_="a"))
    kept = "".join(mark for mark in content if escape(mark))
    assert (element.text or "") == kept.replace("\r", "")
    assert ElementTree.fromstring(tag("g", title=content)).get("title") is not None


@given(POSITIVE, st.floats(1.01, 1e12), st.integers(2, 12))
def test_log_ticks_are_inside_and_few(low: float, ratio: float, most: int) -> None:
    scale = Log(low, low * ratio, 0, 100)
    ticks = scale.ticks(most)
    assert len(ticks) <= most + 1
    assert all(low * 0.999 <= tick <= low * ratio * 1.001 for tick in ticks)
    assert ticks == sorted(ticks)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 12))
def test_linear_ticks_are_inside_and_few(low: float, span: float, most: int) -> None:
    scale = Linear(low, low + span, 0, 100)
    ticks = scale.ticks(most)
    assert 1 <= len(ticks) <= most + 1
    assert all(low - span * 1e-6 <= tick <= low + span * (1 + 1e-6) for tick in ticks)


def test_scales_put_ends_where_they_belong() -> None:
    assert Linear(0, 10, 100, 0)(2.5) == 75
    assert Log(1, 100, 0, 200)(10) == pytest.approx(100)
    assert linear([5, 5], 0, 1).low < 5 < linear([5, 5], 0, 1).high
    assert log([0.0, 3.0, 3.0], 0, 1).low < 3
    assert linear([98, 99.9], 0, 1, ceiling=100).high == 100


@given(st.lists(st.floats(0, 99.99), min_size=1, max_size=12))
def test_stretched_shares_keep_their_order_and_stay_inside(values: list[float]) -> None:
    scale = shares([(max(0.0, value - 2), value, min(100.0, value + 2)) for value in values], 300, 0)
    pixels = [scale(value) for value in sorted(values)]
    assert pixels == sorted(pixels, reverse=True)
    assert all(-1e-6 <= pixel <= 300 + 1e-6 for pixel in pixels)
    assert len(scale.ticks(6)) >= 2


def test_shares_that_differ_much_are_stretched_towards_100() -> None:
    scale = shares([(28, 30, 32), (85, 87, 88)], 300, 0)
    assert isinstance(scale, Stretched)
    assert scale(80) - scale(87) > 50
    assert isinstance(shares([(90, 91, 92), (93, 94, 95)], 300, 0), Linear)


def test_wide_intervals_do_not_dwarf_the_values() -> None:
    scale = around([(1e-9, 1.0, 1e9), (2.0, 20.0, 30.0)], 0, 100)
    assert scale.low > 0.1
    assert scale.high < 200
    assert clipped(scale, 1e9) == 100
    assert clipped(scale, 1e-9) == 0


@pytest.mark.parametrize(("rough", "step"), [(0.7, 1), (1, 1), (1.1, 2), (2.2, 2.5), (3, 5), (70, 100), (0.03, 0.05)])
def test_nice_steps(rough: float, step: float) -> None:
    assert nice_step(rough) == pytest.approx(step)


@pytest.mark.parametrize(
    ("value", "label"), [(0, "0"), (1000, "1,000"), (0.001, "0.001"), (2.5, "2.5"), (1e-6, "0.000001"), (30, "30")]
)
def test_tick_labels_have_no_needless_zeros(value: float, label: str) -> None:
    assert tick_text(value) == label


@given(st.lists(st.floats(0, 300), max_size=20), st.floats(5, 20))
def test_spread_labels_keep_their_distance(wanted: list[float], gap: float) -> None:
    places = spread(wanted, gap, 0, 300)
    assert len(places) == len(wanted)
    fair = min(gap, 300 / (len(wanted) - 1)) if len(wanted) > 1 else gap
    ordered = sorted(places)
    assert all(after - before >= fair - 1e-6 for before, after in pairwise(ordered))
    assert all(-1e-6 <= place <= 300 + 1e-6 for place in places)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(40, 300), st.floats(40, 200)), max_size=25))
def test_placed_labels_do_not_overlap(points: list[tuple[float, float]]) -> None:
    frame = Frame(340, 260, 30, 10, 20, 40)
    placed = place([Anchor(x, y, f"name {index}") for index, (x, y) in enumerate(points)], frame, 12)
    boxes = []
    for label in placed:
        width = width_of(label.anchor.text, 12)
        left = label.x - {"start": 0.0, "middle": width / 2, "end": width}[label.align]
        boxes.append(Box(left, label.y - 10, left + width, label.y + 3))
    assert all(a.overlap(b) == 0 for index, a in enumerate(boxes) for b in boxes[:index])


def test_a_required_label_is_placed_even_in_a_crowd() -> None:
    frame = Frame(340, 260, 30, 10, 20, 40)
    crowd = [Anchor(100 + dx, 100 + dy, "x" * 12) for dx in range(-40, 41, 10) for dy in range(-40, 41, 10)]
    placed = place([Anchor(100, 100, "chosen", required=True), *crowd], frame, 12)
    assert placed[0].anchor.text == "chosen"


@given(ANY_TEXT, st.floats(20, 200))
def test_shortened_text_fits(content: str, room: float) -> None:
    assert width_of(shorten(content, room, 12), 12) <= room


def test_what_moves_nothing_is_marked_and_no_upright_crosses_a_name() -> None:
    swings = [Swing("wide", 5.0, 25.0, "wide"), Swing("nothing", 15.0, 15.0, "nothing")]
    drawn = tornado_chart(swings, 15.0, "t", title="t", description="d", x_title="x")
    assert drawn.count("≈ 0") == 1
    names = [
        float(y) for y in re.findall(r'<text x="[\d.]+" y="([\d.]+)"[^>]*class="label"[^>]*>(?:wide|nothing)', drawn)
    ]
    uprights = re.findall(r'y1="([\d.]+)" x2="[\d.]+" y2="([\d.]+)" class="(?:limit|axis)"', drawn)
    assert len(names) == 2
    for y in names:
        assert not any(float(top) < y - 1 and float(end) > y - 8 for top, end in uprights)
