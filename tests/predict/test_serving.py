"""Closed forms of a server under load: empty, saturated, one at a time, and what is conserved in between."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from setsuden.errors import InputError
from setsuden.predict.serving import Server, Steady, steady
from setsuden.testing import FakeClock
from setsuden.workload.queueing import arrival_times, open_loop

PROMPT, OUTPUT = 100.0, 50.0


def server(most: int = 16, idle_w: float = 80.0) -> Server:
    """A step takes 10 ms plus 1 ms a request and draws 2.2 J plus 0.2 J a request."""
    n = np.arange(1, most + 1)
    step_s = 0.010 + 0.001 * n
    return Server(step_s / n, 2.2 / n + 0.2, 1e-5, 4e-3, idle_w)


def at(rate: float, **changed: float) -> Steady:
    return steady(server(**changed), rate, PROMPT, OUTPUT)  # type: ignore[arg-type]


def test_one_at_a_time_is_the_textbook_queue() -> None:
    one = Server(np.array([0.02]), np.array([6.0]), 0.0, 0.0, 80.0)
    found = steady(one, 0.6, 0.0, 50.0)  # a request takes a second: M/M/1 at a load of 0.6
    assert found.busy_share == pytest.approx(0.6)
    assert found.latency_s == pytest.approx(1.0 / (1 - 0.6))
    assert found.request_j == pytest.approx(300.0 + 80.0 * 0.4 / 0.6)
    assert found.batch == pytest.approx(1.0)


def test_endless_room_of_constant_speed_is_the_textbook_queue_of_many_servers() -> None:
    n = np.arange(1, 201)
    many = Server(0.02 / n, np.full(200, 1.0), 0.0, 0.0, 10.0)
    found = steady(many, 3.0, 0.0, 50.0)  # each is answered in a second whoever else is inside: M/M/infinity
    assert found.latency_s == pytest.approx(1.0)
    assert 1 - found.busy_share == pytest.approx(np.exp(-3.0))
    assert found.batch == pytest.approx(3.0 / (1 - np.exp(-3.0)))


def test_at_a_rate_near_zero_a_request_pays_for_the_waiting() -> None:
    rate = 1e-7
    found = at(rate)
    alone_j = float(server().request_j(PROMPT, OUTPUT)[0])
    alone_s = float(server().request_s(PROMPT, OUTPUT)[0])
    assert found.request_j == pytest.approx(80.0 / rate + alone_j - 80.0 * alone_s, rel=1e-9)
    assert found.power_w == pytest.approx(80.0, rel=1e-4)
    assert found.latency_s == pytest.approx(alone_s, rel=1e-4)


def test_towards_saturation_a_request_costs_what_a_full_batch_shares() -> None:
    full = server().saturation_per_s(PROMPT, OUTPUT)
    floor_j = float(server().request_j(PROMPT, OUTPUT)[-1])
    near = at(full * 0.9999)
    assert near.request_j == pytest.approx(floor_j, rel=1e-3)
    assert near.batch == pytest.approx(16, rel=1e-2)
    over = at(full * 2)
    assert over.overloaded
    assert over.request_j == pytest.approx(floor_j)
    assert over.served_per_s == pytest.approx(full)
    assert over.latency_s is None


@given(st.floats(0.001, 0.98), st.floats(1.01, 1.5), st.integers(1, 40))
def test_more_load_never_makes_a_request_dearer(load: float, more: float, most: int) -> None:
    full = server(most).saturation_per_s(PROMPT, OUTPUT)
    less, after = at(load * full, most=most), at(min(load * more, 0.999) * full, most=most)
    assert after.request_j <= less.request_j * (1 + 1e-9)
    assert after.idle_j <= less.idle_j
    assert after.batch >= less.batch - 1e-9
    assert after.busy_share >= less.busy_share


@given(st.floats(0.001, 0.999), st.integers(1, 60))
def test_power_is_what_its_parts_add_up_to(load: float, most: int) -> None:
    one = server(most)
    rate = load * one.saturation_per_s(PROMPT, OUTPUT)
    found = steady(one, rate, PROMPT, OUTPUT)
    assert found.power_w == pytest.approx(rate * (found.idle_j + found.prefill_j + found.decode_j))
    assert found.idle_j * rate == pytest.approx(80.0 * (1 - found.busy_share))
    assert found.prefill_j == pytest.approx(PROMPT * 4e-3)
    assert float(one.token_j[-1]) * OUTPUT <= found.decode_j * (1 + 1e-12)
    assert found.decode_j <= float(one.token_j[0]) * OUTPUT * (1 + 1e-12)


def test_a_larger_batch_allowed_never_answers_later_or_dearer() -> None:
    full = server(8).saturation_per_s(PROMPT, OUTPUT)
    narrow, wide = at(0.9 * full, most=8), at(0.9 * full, most=32)
    assert narrow.latency_s is not None
    assert wide.latency_s is not None
    assert wide.latency_s < narrow.latency_s
    assert wide.decode_j <= narrow.decode_j * 1.01


def test_the_long_run_agrees_with_the_open_loop_that_is_measured() -> None:
    clock = FakeClock()
    clock.wait_until = lambda moment: clock.advance(max(0.0, moment - clock.now()))  # type: ignore[attr-defined]
    clock.now = clock.elapsed  # type: ignore[attr-defined]
    window_s, rate, answer_s = 80_000.0, 0.5, 1.2
    done = open_loop(lambda first, count: clock.advance(answer_s), arrival_times(rate, window_s, seed=4), window_s,
                     clock=clock)  # type: ignore[arg-type]  # fmt: skip
    found = steady(Server(np.array([answer_s]), np.array([9.0]), 0.0, 0.0, 50.0), rate, 0.0, 1.0)
    measured_j = (50.0 * (done.elapsed_s - done.busy_s) + 9.0 * done.served) / done.served
    assert found.busy_share == pytest.approx(done.busy_share, rel=0.03)
    assert found.request_j == pytest.approx(measured_j, rel=0.03)


def test_nonsense_is_refused() -> None:
    with pytest.raises(InputError, match="without requests"):
        at(0.0)
    with pytest.raises(InputError, match="output tokens"):
        steady(server(), 1.0, 1.0, 0.0)
    with pytest.raises(InputError, match="never rising"):
        Server(np.array([1.0, 2.0]), np.array([1.0, 1.0]), 0.0, 0.0, 0.0)
    with pytest.raises(InputError, match="same batches"):
        Server(np.array([1.0]), np.array([1.0, 1.0]), 0.0, 0.0, 0.0)
    with pytest.raises(InputError, match="below zero"):
        Server(np.array([1.0]), np.array([1.0]), 0.0, 0.0, -1.0)
