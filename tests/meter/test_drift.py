"""An idle baseline beside one taken afterwards: what still agrees, and how far the interval stretches."""

from __future__ import annotations

from setsuden.ledger.channel import RawEnergy
from setsuden.meter.idle import IdleBaseline
from setsuden.quantity import Estimate, Provenance


def baseline(**channels: tuple[float, float, float]) -> IdleBaseline:
    """Watts by channel: low, value, high; ten seconds of it."""
    return IdleBaseline(
        powers={
            name: Estimate(value, low, high, "W", Provenance.MEASURED) for name, (low, value, high) in channels.items()
        },
        raw={name: RawEnergy(10 * value, 0.0, 0.0) for name, (_, value, _) in channels.items()},
        duration_s=10.0,
        measured_at="2026-01-01T00:00:00+00:00",
    )


def test_only_intervals_that_do_not_touch_have_drifted() -> None:
    before = baseline(cpu=(9.0, 10.0, 11.0), dram=(2.0, 3.0, 4.0), gpu=(20.0, 21.0, 22.0))
    assert before.drifted(baseline(cpu=(11.0, 12.0, 13.0), dram=(1.0, 1.5, 2.0), gpu=(19.0, 21.0, 23.0))) == []
    assert before.drifted(baseline(cpu=(11.1, 12.0, 13.0), dram=(1.0, 1.5, 1.9))) == ["cpu", "dram"]


def test_the_interval_stretches_to_what_was_measured_afterwards() -> None:
    before = baseline(cpu=(9.0, 10.0, 11.0), dram=(2.0, 3.0, 4.0), gpu=(20.0, 21.0, 22.0))
    found = before.widened(baseline(cpu=(12.0, 13.0, 14.0), dram=(0.5, 1.0, 1.5)))
    assert {name: (power.low, power.value, power.high) for name, power in found.powers.items()} == {
        "cpu": (9.0, 10.0, 13.0),
        "dram": (1.0, 3.0, 4.0),
    }
    assert found.raw == {"cpu": RawEnergy(100.0, 0.0, 30.0), "dram": RawEnergy(30.0, 20.0, 0.0)}
