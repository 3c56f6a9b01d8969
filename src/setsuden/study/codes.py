"""Codes of what a reader must know about a study; each is a heading in docs/study.md."""

from __future__ import annotations

DIVERGED = "SET-DIVERGED"  # a loss was not finite; measuring went on from fresh weights
NOTHING_SERVED = "SET-NOTHING-SERVED"  # no request was answered within the window
BUSY_MACHINE = "SET-STUDY-BUSY-MACHINE"  # other programs kept the processor busy
ONE_REPEAT = "SET-STUDY-ONE-REPEAT"  # scatter taken from comparable configurations
NOT_MEASURED = "SET-STUDY-NOT-MEASURED"  # declared, but the budget ended before
NO_QUALITY = "SET-STUDY-NO-QUALITY"  # not trained for accuracy: no time was left
SHORT_TRAINING = "SET-STUDY-SHORT-TRAINING"  # trained on fewer samples than the declared epochs
