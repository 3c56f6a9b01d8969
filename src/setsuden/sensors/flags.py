"""Codes for what can go wrong while reading a sensor; each is a heading in the documentation."""

COUNTER_WRAPPED_UNSEEN = "SET-COUNTER-WRAP-UNSEEN"  # more than one wrap possible since the last reading
COUNTER_RESET = "SET-COUNTER-RESET"  # went backwards and a wrap cannot explain it
COUNTER_STUCK = "SET-COUNTER-STUCK"  # does not move although the machine works
ENERGY_GAP = "SET-ENERGY-GAP"  # unreadable for a while; recovered from the counter, or bridged by bounds
CHANNEL_LOST = "SET-CHANNEL-LOST"  # unreadable for more than ten seconds, said to be gone, or dead from the start
PERMISSION_LOST = "SET-PERMISSION-LOST"  # may not be read: no longer, or not from the start beside one that may
IMPLAUSIBLE_POWER = "SET-POWER-IMPLAUSIBLE"  # beyond what the part is known to draw: doubted, or left out
SUSPENDED = "SET-SUSPENDED"  # the machine slept inside the window
CORRECTION_RANGE = "SET-CORRECTION-RANGE"  # power outside the range in which a correction was found
GPU_SCOPE = "SET-GPU-SCOPE"  # more of the cards than this program was given
MIRROR_DIVERGED = "SET-COUNTER-MIRROR"  # two counters taken for one and the same went apart
