"""Codes of what a reader must know about a window; each is a heading in the documentation, next to its threshold."""

from __future__ import annotations

from setsuden.ledger.channel import CORRECTED as CORRECTED  # a correction was applied to what a sensor said

INPUT_BOUND = "SET-INPUT-BOUND"  # waited for data
UNSATURATED = "SET-UNSATURATED"  # the device was not busy enough for its joules per sample to mean much
THROTTLED = "SET-THROTTLED"  # the processor or GPU slowed itself down
TOO_SHORT = "SET-TOO-SHORT"  # too few refreshes of the slowest sensor
BELOW_RESOLUTION = "SET-BELOW-RESOLUTION"  # shorter or smaller than what a sensor can tell apart
NOISY = "SET-NOISY"  # power varied much inside the window
NO_SENSOR = "SET-NO-SENSOR"  # nothing was measured: all joules are modelled, or there are none
IDLE_DRIFT = "SET-IDLE-DRIFT"  # idle power before and after do not agree
IDLE_BUSY = "SET-IDLE-BUSY"  # other programs were at work while the idle power was taken
NOT_RECORDED = "SET-NOT-RECORDED"  # the ledger could not be written, in whole or in part
FORKED = "SET-FORKED"  # asked for in a forked process, which does not measure

NORMAL_LIMITS = ("gpu-power-cap",)
"""Limits under which a busy device works all the time; they are no fault of the window."""
BUSY_SHARE = 0.15
"""Of the processor: from here on other programs are said to have disturbed an idle baseline or a window."""
INPUT_BOUND_SHARE = 0.10
UNSATURATED_SHARE = 0.50
UNSATURATED_AFTER_S = 1.0
NOISY_VARIATION = 0.25
NOISY_AFTER_SAMPLES = 5
TOO_SHORT_REFRESHES = 10
"""A window shorter than so many refreshes of a counted channel is too short."""
BELOW_RESOLUTION_SHARE = 0.5
"""A channel whose edges may lag by more than this share of its joules is below its resolution."""
