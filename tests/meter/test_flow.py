"""Who is inside whom when tasks of one thread take turns, and when a notebook runs every cell in a task of its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable

from setsuden.meter import Meter
from tests.meter.support import Bench


def parents(work: Callable[[Meter], Awaitable[None]]) -> dict[str, str | None]:
    """Names of windows and of their parents."""
    bench = Bench()
    found = []

    async def main() -> None:
        await work(bench.meter)

    book_end = bench.meter.end

    def end(window_id: int, **attributes: object) -> object:
        found.append(book_end(window_id, **attributes))
        return found[-1]

    bench.meter.end = end  # type: ignore[method-assign, assignment]
    with bench.meter:
        asyncio.run(main())
    found.append(bench.meter.result)
    names = {window.window_id: window.name for window in found}
    return {window.name: names.get(window.parent_id or 0) for window in found}


async def request(meter: Meter, number: int) -> None:
    with meter.window(f"request {number}") as window:
        with meter.window(f"answer {number}"):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        meter.annotate(number=number)
        await asyncio.sleep(0)
    assert window.measurement is not None
    assert window.measurement.attributes == {"number": number}


def test_requests_that_take_turns_are_not_inside_each_other() -> None:
    async def work(meter: Meter) -> None:
        await asyncio.gather(*(request(meter, number) for number in range(3)))

    found = parents(work)
    assert [found[f"request {number}"] for number in range(3)] == ["run"] * 3
    assert [found[f"answer {number}"] for number in range(3)] == [f"request {number}" for number in range(3)]


def test_a_task_is_inside_the_window_that_it_was_started_in() -> None:
    async def work(meter: Meter) -> None:
        with meter.window("load"):
            await asyncio.gather(*(request(meter, number) for number in range(2)))

    found = parents(work)
    assert found["load"] == "run"
    assert [found[f"request {number}"] for number in range(2)] == ["load"] * 2


def test_a_window_that_a_finished_task_left_open_is_around_what_comes_later() -> None:
    async def cell(meter: Meter) -> int:
        return meter.begin("left open")

    async def work(meter: Meter) -> None:
        left_open = await asyncio.create_task(cell(meter))
        await asyncio.create_task(request(meter, 1))
        meter.end(left_open)

    assert parents(work)["request 1"] == "left open"


def test_a_window_that_was_opened_before_the_loop_is_around_its_tasks() -> None:
    bench = Bench()
    with bench.meter as meter, meter.window("around") as around:

        async def main() -> int | None:
            with meter.window("inside") as inside:
                await asyncio.sleep(0)
            assert inside.measurement is not None
            return inside.measurement.parent_id

        assert asyncio.run(main()) == around.window_id


def test_a_meter_loads_no_asyncio() -> None:
    code = "import json, sys, setsuden.meter.book; print(json.dumps('asyncio' in sys.modules))"
    assert json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout) is False


def test_windows_of_two_meters_in_one_task_are_around_each_others_tasks_no_less() -> None:
    first, second = Bench(), Bench()

    async def main() -> None:
        with first.meter.window("outer") as outer, second.meter.window("other"):
            with first.meter.window("inner") as inner:
                pass
            assert inner.measurement is not None
            assert inner.measurement.parent_id == outer.window_id

    with first.meter, second.meter:
        asyncio.run(main())
