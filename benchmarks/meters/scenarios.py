"""What the fake processor does: layouts of the powercap tree, and faults at a known moment."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from gpus import Cards

from setsuden.testing.powercap import RANGE_UJ, FakePowercap

FAULT_AT_S = 8.0  # after the tool has begun and energy flows
END_S = 12.0


def _nothing(tree: FakePowercap) -> None:
    return


@dataclass(frozen=True, slots=True)
class Scenario:
    """One case.

    build     makes the tree; ``cpu`` and ``dram`` name the zones whose truth counts
    fault     happens at FAULT_AT_S; ``mend`` two seconds later
    watts     power of every package over time where it is not constant
    cards     GPUs beside it; their joules are then what is asked for
    """

    name: str
    build: Callable[[FakePowercap], object]
    cpu: tuple[str, ...] = ("intel-rapl:0",)
    dram: tuple[str, ...] = ("intel-rapl:0:0",)
    fault: Callable[[FakePowercap], None] = _nothing
    mend: Callable[[FakePowercap], None] = _nothing
    watts: Callable[[float], float] | None = None
    cards: Cards | None = None
    end_s: float = END_S


def _deny(tree: FakePowercap) -> None:
    """The file goes to somebody else, who lets nobody read it; programs run without the right to read all the same."""
    os.chown(tree["intel-rapl:0"].energy, 12345, 12345)
    tree["intel-rapl:0"].energy.chmod(0o400)


def _wrapping(tree: FakePowercap) -> None:
    tree.server(1, 40.0, 5.0)
    # FAULT_AT_S after the tool has begun; the count is set by ``at_ready``.


SCENARIOS = (
    Scenario("steady", lambda t: t.server(1, 40.0, 5.0)),
    Scenario("square wave", lambda t: t.server(1, 40.0, 5.0), watts=lambda s: 60.0 if int(s) % 2 else 20.0),
    Scenario(
        "two sockets", lambda t: t.server(2, 40.0, 5.0), ("intel-rapl:0", "intel-rapl:1"),
        ("intel-rapl:0:0", "intel-rapl:1:0"),
    ),
    Scenario("two dies", lambda t: t.dies(40.0, mirrored=False), ("intel-rapl:0", "intel-rapl:1"), ()),
    Scenario("MSR + MMIO", lambda t: t.twice(40.0), ("intel-rapl:0",), ()),
    Scenario("psys", lambda t: t.client(40.0), ("intel-rapl:0",), ()),
    Scenario("wrap mid-run", _wrapping),
    Scenario("wrap at the end", _wrapping, end_s=FAULT_AT_S + 0.3),
    Scenario("reset", lambda t: t.server(1, 40.0, 5.0), fault=lambda t: t["intel-rapl:0"].reset()),
    Scenario(
        "file gone for 2 s", lambda t: t.server(1, 40.0, 5.0), fault=lambda t: t["intel-rapl:0"].remove(),
        mend=lambda t: t["intel-rapl:0"].restore(),
    ),
    Scenario("permission lost", lambda t: t.server(1, 40.0, 5.0), fault=_deny),
    Scenario("file gone for good", lambda t: t.server(1, 40.0, 5.0), fault=lambda t: t["intel-rapl:0"].remove()),
    *(
        Scenario(name, lambda t: t.server(1, 40.0, 5.0), cards=cards)
        for name, cards in (
            ("1 GPU", Cards()),
            ("4 GPUs", Cards(4)),
            ("GPU counter unsupported", Cards(mode="unsupported")),
            ("GPU counter restarts", Cards(mode="restart")),
            ("GPU lost", Cards(mode="lost")),
        )
    ),
)  # fmt: skip


def at_ready(scenario: Scenario, tree: FakePowercap) -> None:
    """When the program is about to begin: put a counter that is to wrap where it wraps at FAULT_AT_S."""
    if scenario.build is _wrapping:
        zone = tree["intel-rapl:0"]
        zone.count_uj = RANGE_UJ - zone.watts * FAULT_AT_S * 1e6
        zone.write()
