"""Which GPUs this process may use: ``CUDA_VISIBLE_DEVICES`` against the driver's own order.

CUDA numbers devices fastest first unless ``CUDA_DEVICE_ORDER=PCI_BUS_ID``; the driver's library numbers them by PCI
bus. Between cards of one model the two orders agree; between different models an index means nothing certain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Mask(NamedTuple):
    """Indices in the driver's order, and whether they are certain.

    indices   the visible cards; all of them where the mask cannot be understood
    masked    whether a mask was given at all
    certain   False where the mask uses numbers among cards of different models, or instances that nobody knows
    instances whether it names MIG instances, so that the cards are more than was given
    """

    indices: tuple[int, ...]
    masked: bool
    certain: bool = True
    instances: bool = False


def visible_devices(
    environ: Mapping[str, str], uuids: Sequence[str], names: Sequence[str], instances: Mapping[str, int] | None = None
) -> Mask:
    """Read the mask as CUDA does: by number or by the start of a UUID, up to the first invalid entry.

    names      of the cards in the driver's order; empty for one that does not answer
    instances  UUID of each MIG instance -> number of its card
    """
    everything = tuple(range(len(uuids)))
    text = environ.get("CUDA_VISIBLE_DEVICES")
    if text is None:
        return Mask(everything, masked=False)
    mixed = len({name for name in names if name}) > 1 and environ.get("CUDA_DEVICE_ORDER", "").upper() != "PCI_BUS_ID"
    chosen: list[int] = []
    parts = False
    for entry in (piece.strip() for piece in text.split(",")):
        if entry.isdigit():
            if int(entry) >= len(uuids):
                break
            if mixed:
                return Mask(everything, masked=True, certain=False)
            chosen.append(int(entry))
            continue
        # An old MIG name holds the UUID of its card: MIG-GPU-<uuid>/<instance>/<instance>.
        wanted = entry.removeprefix("MIG-").partition("/")[0]
        inside = entry.startswith("MIG-")
        if inside and not wanted.startswith("GPU-"):
            matches = [i for uuid, i in (instances or {}).items() if _begins(uuid, entry)]
            if not matches:
                return Mask(everything, masked=True, certain=False)
        else:
            matches = [i for i, uuid in enumerate(uuids) if _begins(uuid, wanted)]
        if len(matches) != 1:
            break
        chosen += matches
        parts = parts or inside
    return Mask(tuple(dict.fromkeys(chosen)), masked=True, instances=parts)


def _begins(uuid: str, wanted: str) -> bool:
    return bool(wanted) and uuid.casefold().startswith(wanted.casefold())
