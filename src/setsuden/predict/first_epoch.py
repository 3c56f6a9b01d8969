"""The first epoch times the number of epochs: what others forecast by, kept to hold our forecasts against."""

from __future__ import annotations

from dataclasses import dataclass

_Reading = tuple[float, float, int]  # seconds, joules, steps done


@dataclass(slots=True)
class FirstEpoch:
    """Finds what the first epoch took, with the evaluation after it.

    per_epoch, total   steps
    """

    per_epoch: int
    total: int
    _begun: _Reading | None = None
    _within: _Reading | None = None  # the latest that was
    _after: _Reading | None = None

    def take(self, seconds: float, joules: float, steps: int) -> None:
        """How far the run is; readings do not fall."""
        if self._after is not None:
            return
        now = (seconds, joules, steps)
        self._begun = self._begun or now
        if steps <= self.per_epoch:
            self._within = now
        else:
            self._after = now

    def times_epochs(self) -> tuple[float, float, float] | None:
        """The epochs, and seconds and joules that they all come to; None until the second one has begun.

        Counted is from where the training was first heard of: the start of a program is not multiplied. Where no
        reading fell between the epochs, the stretch across is shared by its steps.
        """
        if self._begun is None or self._within is None or self._after is None or self._begun[2] >= self.per_epoch:
            return None
        share = (self.per_epoch - self._within[2]) / (self._after[2] - self._within[2])
        more = (self.total - self._begun[2]) / (self.per_epoch - self._begun[2])
        seconds, joules = (
            self._begun[i] + (self._within[i] + (self._after[i] - self._within[i]) * share - self._begun[i]) * more
            for i in (0, 1)
        )
        return self.total / self.per_epoch, seconds, joules
