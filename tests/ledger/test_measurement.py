from __future__ import annotations

from dataclasses import replace

import pytest

from setsuden.ledger import Utilisation
from setsuden.quantity import Provenance, render
from tests.ledger.support import measurement


def test_the_processors_joules_are_divided_by_cpu_time() -> None:
    # 100 J [95, 105]; half of all CPU time was used, four fifths of that by this process.
    window = replace(measurement(), utilisation=Utilisation(cpu_share=0.5, process_cpu_share=0.4))
    ours = window.process_cpu_energy
    assert ours is not None
    assert (ours.low, ours.value, ours.high) == pytest.approx((95.0 * 0.4, 80.0, 105.0 * 0.8))
    assert ours.provenance is Provenance.ESTIMATED


def test_a_share_never_exceeds_the_whole() -> None:
    # The process's own clock may run a tick ahead of the machine's.
    window = replace(measurement(), utilisation=Utilisation(cpu_share=0.5, process_cpu_share=0.52))
    ours = window.process_cpu_energy
    assert ours is not None
    assert ours.value == pytest.approx(100.0)


@pytest.mark.parametrize(
    "utilisation", [Utilisation(), Utilisation(cpu_share=0.5), Utilisation(cpu_share=0.0, process_cpu_share=0.0)]
)
def test_without_cpu_time_nothing_is_attributed(utilisation: Utilisation) -> None:
    assert replace(measurement(), utilisation=utilisation).process_cpu_energy is None


def test_joules_of_other_parts_are_not_divided() -> None:
    window = measurement()
    gpu = replace(window.channels[0], component="gpu")
    busy = Utilisation(cpu_share=0.5, process_cpu_share=0.4)
    assert replace(window, channels=(gpu,), utilisation=busy).process_cpu_energy is None


def test_no_cpu_time_seen_is_up_to_a_tick_of_it_not_certainly_nothing() -> None:
    # 100 J [95, 105] in 10 s; a tick of 10 ms is a thousandth of it.
    window = replace(measurement(), utilisation=Utilisation(cpu_share=0.5, process_cpu_share=0.0))
    ours = window.process_cpu_energy
    assert ours is not None
    assert (ours.low, ours.value, ours.high) == pytest.approx((0.0, 0.0, 0.105))
    assert render(ours) == "0 J [0, 0.10]"
    short = replace(window, duration_s=0.004).process_cpu_energy
    assert short is not None
    assert short.high == pytest.approx(105.0)
