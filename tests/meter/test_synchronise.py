"""Queued GPU work is waited for at edges, where PyTorch is in use; against a stand-in, there is no GPU here."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from setsuden.meter.synchronise import synchronise_devices
from tests.meter.support import Bench


def stand_in(waited: list[int], *, started: bool = True, broken: bool = False) -> SimpleNamespace:
    def synchronize(device: int) -> None:
        if broken:
            raise RuntimeError("an illegal memory access was encountered")
        waited.append(device)

    return SimpleNamespace(
        cuda=SimpleNamespace(
            is_initialized=lambda: started,
            current_device=lambda: 1,
            device_count=lambda: 3,
            memory_reserved=lambda device: 4096 if device == 2 else 0,
            synchronize=synchronize,
        )
    )


def test_every_device_in_use_is_waited_for_and_no_other_is_woken_up(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[int] = []
    monkeypatch.setitem(sys.modules, "torch", stand_in(waited))
    synchronise_devices()
    assert waited == [1, 2]


def test_both_edges_of_a_window_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[int] = []
    bench = Bench()
    with bench.meter as meter:
        monkeypatch.setitem(sys.modules, "torch", stand_in(waited))
        with meter.window("step"):
            assert waited == [1, 2]
        assert waited == [1, 2, 1, 2]


def test_cuda_that_was_never_started_stays_asleep(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[int] = []
    monkeypatch.setitem(sys.modules, "torch", stand_in(waited, started=False))
    synchronise_devices()
    assert waited == []


def test_a_broken_device_is_left_to_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", stand_in([], broken=True))
    synchronise_devices()


def test_torch_is_never_imported_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    synchronise_devices()
    assert "torch" not in sys.modules
