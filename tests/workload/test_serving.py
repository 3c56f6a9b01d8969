from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from torch import nn

from setsuden.errors import InputError
from setsuden.workload.inference import InferenceSession, serve_closed, serve_open
from setsuden.workload.queueing import OpenLoopResult, arrival_times, open_loop
from setsuden.workload.settings import InferenceConfig


class FakeClock:
    """Time passes only by waiting and by serving."""

    def __init__(self, start: float = 1000.0) -> None:
        self.time = start

    def now(self) -> float:
        return self.time

    def wait_until(self, moment: float) -> None:
        self.time = max(self.time, moment)


def queue(
    rate: float,
    service_s: float,
    window_s: float,
    *,
    max_batch: int = 1,
    arrivals: str = "uniform",
    per_item_s: float = 0,
) -> OpenLoopResult:
    clock = FakeClock()

    def serve(_first: int, count: int) -> None:
        clock.time += service_s + per_item_s * count

    times = arrival_times(rate, window_s, arrivals, seed=1)  # type: ignore[arg-type]
    return open_loop(serve, times, window_s, max_batch=max_batch, clock=clock)


def test_an_unloaded_server_answers_each_request_in_its_service_time() -> None:
    """D/D/1 with utilisation 0.4: nobody waits."""
    result = queue(rate=100, service_s=0.004, window_s=2.0)
    assert (result.offered, result.served, result.waiting) == (200, 200, 0)
    np.testing.assert_allclose(result.latencies_s, 0.004, atol=1e-9)
    assert result.busy_share == pytest.approx(0.4)
    assert result.served_rate_per_s == pytest.approx(result.offered_rate_per_s)


def test_an_overloaded_server_falls_behind_as_the_closed_form_says() -> None:
    """D/D/1 with utilisation 2: request k is answered at 20 (k + 1) ms, so its latency is 20 + 10 k ms."""
    result = queue(rate=100, service_s=0.020, window_s=0.99)
    np.testing.assert_allclose(result.latencies_s, 0.020 + 0.010 * np.arange(result.served), atol=1e-9)
    assert (result.offered, result.served, result.waiting) == (99, 50, 49)
    assert result.elapsed_s == pytest.approx(1.0)  # the last answer comes after the window closed
    assert result.served_rate_per_s == pytest.approx(50)
    assert result.offered_rate_per_s == pytest.approx(100)
    assert result.busy_share == pytest.approx(1.0)


def test_batching_takes_what_waits_and_rescues_the_same_load() -> None:
    result = queue(rate=100, service_s=0.020, window_s=1.0, max_batch=4)
    assert result.served >= 98
    assert result.batches < 60
    assert result.latencies_s.max() < 0.045


def test_waiting_times_of_poisson_arrivals_agree_with_the_pollaczek_khinchine_formula() -> None:
    """M/D/1: mean wait = rho x service / (2 (1 - rho)); rho 0.5, service 1 ms, so 0.5 ms + 1 ms."""
    result = queue(rate=500, service_s=0.001, window_s=200.0, arrivals="poisson")
    assert result.latencies_s.mean() == pytest.approx(0.0015, rel=0.03)
    assert result.busy_share == pytest.approx(0.5, rel=0.02)


@given(
    rate=st.floats(0.5, 200),
    service_s=st.floats(1e-4, 0.5),
    window_s=st.floats(0.1, 5),
    max_batch=st.integers(1, 8),
    arrivals=st.sampled_from(["uniform", "poisson"]),
)
@hypothesis_settings(max_examples=150, deadline=None)
def test_requests_are_conserved_and_served_in_order(
    rate: float, service_s: float, window_s: float, max_batch: int, arrivals: str
) -> None:
    result = queue(rate, service_s, window_s, max_batch=max_batch, arrivals=arrivals)
    assert result.served + result.waiting == result.offered
    assert result.batches <= result.served <= result.batches * max_batch
    assert 0 <= result.busy_share <= 1 + 1e-9
    assert result.elapsed_s >= window_s
    assert (result.latencies_s >= service_s - 1e-9).all()
    assert len(result.latencies_s) == result.served
    if result.served:
        assert result.p50_s is not None
        assert result.p90_s is not None
        assert result.p99_s is not None
        assert result.p50_s <= result.p90_s <= result.p99_s
    else:
        assert result.p50_s is None


def test_arrivals_follow_the_rate_and_the_seed() -> None:
    np.testing.assert_allclose(arrival_times(10, 1.0, "uniform"), np.arange(10) / 10)
    times = arrival_times(1000, 20.0, "poisson", seed=4)
    assert len(times) == pytest.approx(20_000, rel=0.03)
    gaps = np.diff(times)
    assert (gaps >= 0).all()
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.05)  # exponential gaps
    np.testing.assert_array_equal(times, arrival_times(1000, 20.0, "poisson", seed=4))
    assert len(times) != len(arrival_times(1000, 20.0, "poisson", seed=5))


@pytest.mark.parametrize(
    ("rate", "window_s", "kind", "place"),
    [
        (0.0, 1.0, "poisson", "rate_per_s"),
        (float("nan"), 1.0, "poisson", "rate_per_s"),
        (1.0, -1.0, "uniform", "window_s"),
        (1.0, 1.0, "bursty", "arrivals"),
        (1e9, 1.0, "poisson", "rate_per_s"),
    ],
)
def test_an_impossible_load_is_refused(rate: float, window_s: float, kind: str, place: str) -> None:
    with pytest.raises(InputError) as caught:
        arrival_times(rate, window_s, kind)  # type: ignore[arg-type]
    assert caught.value.place == place


class Recorder(nn.Module):
    """Remembers the first value of each sample it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[list[float]] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        assert not torch.is_grad_enabled()
        assert not self.training
        self.seen.append(x[:, 0].tolist())
        return x


SAMPLES = np.arange(5, dtype=np.float32)[:, np.newaxis]


def test_the_closed_loop_walks_through_the_samples_and_starts_again() -> None:
    model, ticks = Recorder(), itertools.count()
    session = InferenceSession(model, SAMPLES, InferenceConfig(batch_size=2), clock=lambda: float(next(ticks)))
    done = session.run_batches(3)
    session.run_batches(1)
    assert model.seen == [[0, 1], [2, 3], [4, 0], [1, 2]]
    assert (done.batches, done.samples) == (3, 6)
    assert done.latencies_s.tolist() == [1.0, 1.0, 1.0]
    assert done.latency_s(0.5) == 1.0
    assert done.seconds == 7.0
    assert model.training


def test_a_batch_may_be_larger_than_the_samples_at_hand() -> None:
    model = Recorder()
    serve_closed(model, SAMPLES, 12, batches=1)
    assert model.seen == [[0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]]


def test_the_open_loop_shows_the_model_every_served_request_once_in_order() -> None:
    model = Recorder()
    result = serve_open(model, SAMPLES, rate_per_s=7, window_s=1.0, max_batch=2, arrivals="uniform", clock=FakeClock())
    assert result.served == 7
    assert list(itertools.chain(*model.seen)) == [0, 1, 2, 3, 4, 0, 1]


def test_nothing_to_serve_is_refused() -> None:
    with pytest.raises(InputError, match="no samples"):
        serve_closed(Recorder(), SAMPLES[:0], 1, batches=1)
    with pytest.raises(InputError, match="batches: must be at least 1"):
        serve_closed(Recorder(), SAMPLES, 1, batches=0)
    with pytest.raises(InputError, match="batch_size"):
        serve_closed(Recorder(), SAMPLES, 0, batches=1)
