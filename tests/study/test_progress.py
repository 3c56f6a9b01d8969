"""What a waiting person sees."""

from __future__ import annotations

import io

from setsuden.study.progress import Line, Standing


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def standing(done: int = 3, phase: str = "measure") -> Standing:
    return Standing(phase, done, 90, 125.4, 1234.5, "lenet/train/b16/sgd/fp32/t1")


def test_a_terminal_sees_one_line_that_is_rewritten_and_cleared() -> None:
    stream = Terminal()
    line = Line(stream, lambda: 0.0)
    line.show(standing(1))
    line.show(standing(2))
    line.finish()
    assert "\n" not in stream.getvalue()
    assert stream.getvalue().count("\r") == 3
    assert stream.getvalue().endswith("\r\x1b[2K")


def test_a_pipe_sees_plain_lines_and_not_too_many() -> None:
    stream, now = io.StringIO(), [0.0]
    line = Line(stream, lambda: now[0])
    for second in range(25):
        now[0] = float(second)
        line.show(standing(second))
    line.finish()
    assert [text.split()[1] for text in stream.getvalue().splitlines()] == ["0/90", "10/90", "20/90"]
    assert "\x1b" not in stream.getvalue()


def test_a_new_phase_is_told_at_once() -> None:
    stream = io.StringIO()
    line = Line(stream, lambda: 0.0)
    line.show(standing())
    line.show(standing(phase="quality"))
    assert len(stream.getvalue().splitlines()) == 2


def test_the_line_holds_counts_time_joules_and_configuration() -> None:
    text = Line(io.StringIO(), lambda: 0.0).text(standing())
    assert text == "measuring  3/90  2:05 left  1,234 J  lenet/train/b16/sgd/fp32/t1"
    japanese = Line(io.StringIO(), lambda: 0.0, "ja").text(standing())
    assert "残り 2:05" in japanese


def test_without_a_time_budget_no_time_is_promised() -> None:
    endless = Standing("measure", 3, 90, None, 0.0, "")
    assert "left" not in Line(io.StringIO(), lambda: 0.0).text(endless)
