"""How long processes ran on each GPU: those of one program or container, and those of anybody. Running sums."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from setsuden.sensors.host import Host
from setsuden.tuples import NamedTuple

# The driver takes a sample of each process about every sixth of a second; asking more often tells nothing.
_ASK_EVERY_S = 0.1
# No sample for so long means that nothing ran, and not only that the next sample is not there yet.
_NOTHING_RAN_S = 1.0


class CardTime(NamedTuple):
    """Seconds so far: in which ours ran, in which any process did (both summed over processes), that there were."""

    ours_s: float = 0.0
    anybody_s: float = 0.0
    there_s: float = 0.0

    def since(self, before: CardTime) -> CardTime:
        """What was added."""
        return CardTime(*(now - then for now, then in zip(self, before, strict=True)))


class GpuTime:
    """Asks the driver for its samples by process, and where it has none for its accounting; not thread-safe.

    cards   of an NVML sensor

    The driver names processes as the host does. Inside a container that numbers its own, a card tells nothing until
    one of our numbers has been among those it names.
    """

    def __init__(self, cards: Sequence[Any], host: Host) -> None:
        self._clock = host.clock
        own_numbers = _numbers_its_own(host)
        self._cards = [_Card(card, self._clock.elapsed(), understood=not own_numbers) for card in cards]
        self._asked_s = float("-inf")

    def read(self, ours: Callable[[int], bool]) -> dict[str, CardTime]:
        """By channel id; a card that does not tell is left out. ``ours`` says whether a process counts as ours."""
        now_s = self._clock.elapsed()
        if now_s - self._asked_s >= _ASK_EVERY_S:
            self._asked_s = now_s
            for card in self._cards:
                card.ask(ours, now_s)
        return {card.channel: card.time for card in self._cards if card.tells and card.understood}


class _Card:
    """The running sums of one card."""

    def __init__(self, gpu: Any, now_s: float, *, understood: bool) -> None:
        self._gpu = gpu
        self.understood = understood
        self._at_s = now_s
        self._seen_us = 0
        self._accounted: dict[int, float] = {}
        self.channel: str = gpu.channel.id
        self.time = CardTime()
        self.tells = True

    def ask(self, ours: Callable[[int], bool], now_s: float) -> None:
        seconds = now_s - self._at_s
        told = self._gpu.process_shares(self._seen_us)
        if told is None:
            accounted = self._gpu.accounted_s()
            self.tells = accounted is not None
            if accounted is not None:
                self._add(self._grown(accounted, seconds), ours, now_s)
            return
        shares, self._seen_us = told
        self.tells = True
        if shares or seconds >= _NOTHING_RAN_S:
            self._add({pid: share * seconds for pid, share in shares.items()}, ours, now_s)

    def _grown(self, accounted: dict[int, float], seconds: float) -> dict[int, float]:
        """What was added to the accounts; of a process not seen before, no more than there was time since then."""
        before, self._accounted = self._accounted, accounted
        return {pid: max(0.0, s - before.get(pid, max(0.0, s - seconds))) for pid, s in accounted.items()}

    def _add(self, ran_s: dict[int, float], ours: Callable[[int], bool], now_s: float) -> None:
        own = [s for pid, s in ran_s.items() if ours(pid)]
        self.understood = self.understood or bool(own)
        time = self.time
        self.time = CardTime(
            time.ours_s + sum(own), time.anybody_s + sum(ran_s.values()), time.there_s + now_s - self._at_s
        )
        self._at_s = now_s


# The number of the first namespace of processes (include/linux/proc_ns.h, PROC_PID_INIT_INO).
_FIRST_NAMESPACE = "pid:[4026531836]"


def _numbers_its_own(host: Host) -> bool:
    """Whether we see processes under other numbers than the host does."""
    try:
        return os.readlink(host.procfs / "self" / "ns" / "pid") != _FIRST_NAMESPACE
    except OSError:
        return False
