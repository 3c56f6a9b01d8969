"""Charts as SVG text: pure functions from plain data to a string. Text stays text; the page's style gives colours."""

from setsuden.report.svg.areas import areas
from setsuden.report.svg.curves import Curve, CurvePoint, curves
from setsuden.report.svg.dumbbell import End, Row, dumbbells
from setsuden.report.svg.marks import series_class, series_shape, swatch
from setsuden.report.svg.pareto import SHAPE, Point, Texts, pareto
from setsuden.report.svg.scatter import Dot, scatter

__all__ = [
    "SHAPE",
    "Curve",
    "CurvePoint",
    "Dot",
    "End",
    "Point",
    "Row",
    "Texts",
    "areas",
    "curves",
    "dumbbells",
    "pareto",
    "scatter",
    "series_class",
    "series_shape",
    "swatch",
]
