"""What is new about an asked row beside the measured ones, and what is held out together to learn how far that errs."""

from __future__ import annotations

from setsuden.predict.domain import FEATURES
from setsuden.predict.kernel import Points
from setsuden.predict.words import family

ROW, SETTING, PAIR, GROUP, FAMILY, DEVICE = "row", "setting", "pair", "group", "family", "device"
_NEWER = (SETTING, PAIR, GROUP, FAMILY, DEVICE)  # the last that is new is what counts
_BATCH = FEATURES.index("batch_size")


def labels(points: Points) -> dict[str, tuple[str, ...]]:
    """The label of every point for each thing that can be new: its batch size, its group on its device, and so on."""
    pairs = [f"{group} {device}" for group, device in zip(points.groups, points.devices, strict=True)]
    batches = points.sizes[:, _BATCH].tolist()
    return {
        ROW: tuple(str(i) for i in range(len(points))),
        SETTING: tuple(f"{pair} {batch:.3f}" for pair, batch in zip(pairs, batches, strict=True)),
        PAIR: tuple(pairs),
        GROUP: points.groups,
        FAMILY: tuple(family(name) for name in points.names),
        DEVICE: points.devices,
    }


def situations(asked: Points, measured: Points) -> list[str]:
    """What is new about each asked point: device, family, group, group on that device, batch size, or nothing."""
    own, seen = labels(asked), labels(measured)
    found = [ROW] * len(asked)
    for how in _NEWER:
        known = set(seen[how])
        found = [how if label not in known else told for label, told in zip(own[how], found, strict=True)]
    return found
