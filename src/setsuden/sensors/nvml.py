"""NVIDIA GPUs through NVML: the cards that this program may use, one channel each."""

from __future__ import annotations

from typing import Any

from setsuden.sensors import flags
from setsuden.sensors.host import Host
from setsuden.sensors.nvml_card import LIMIT_W, Gpu, identity, lost_channel, text
from setsuden.sensors.protocol import Channel, Finding, Method, Sample, Status, finding
from setsuden.sensors.stand_in import StandIn
from setsuden.sensors.tally import Moments
from setsuden.sensors.visible import Mask, visible_devices


class NvmlSensor:
    """All visible NVIDIA cards, one channel each.

    lost    cards that answer nothing from the start
    wider   the cards are more than this program was given, which every sample says
    """

    name = "nvml"

    def __init__(
        self, host: Host, nvml: Any, indices: tuple[int, ...], lost: tuple[int, ...] = (), *, wider: bool = False
    ) -> None:
        self.library = nvml
        self._moments = Moments(host.clock)
        self._wider = wider
        now = self._moments.now()
        self.gpus = tuple(Gpu(nvml, index, now) for index in indices)
        limit_w = max((gpu.limit_w for gpu in self.gpus), default=LIMIT_W)
        siblings = tuple(range(len(self.gpus)))
        self._lost = [
            StandIn(lost_channel(i, alone=not siblings), siblings, limit_w, flags.CHANNEL_LOST, now) for i in lost
        ]
        self.channels: tuple[Channel, ...] = (
            *(gpu.channel for gpu in self.gpus),
            *(card.channel for card in self._lost),
        )

    def read(self) -> tuple[Sample, ...]:
        """One sample per card."""
        now = self._moments.now()
        samples = [gpu.read(now) for gpu in self.gpus]
        samples += [card.sample(samples, now) for card in self._lost]
        if self._wider:
            samples = [sample._replace(flags=(*sample.flags, flags.GPU_SCOPE)) for sample in samples]
        return tuple(samples)

    def close(self) -> None:
        """Let the library go."""
        try:
            self.library.nvmlShutdown()
        except (self.library.NVMLError, AttributeError):
            # Nothing is left to release when the driver has gone away under us, or the library knows no end.
            return


def probe_nvml(host: Host, nvml: Any) -> tuple[NvmlSensor | None, list[Finding]]:
    """Open the visible cards; say how each is read, what is masked, what the driver refuses.

    nvml   the ``pynvml`` module or a stand-in
    """
    try:
        nvml.nvmlInit()
        count = int(nvml.nvmlDeviceGetCount())
        cards = [_identity(nvml, i) for i in range(count)]
        parts = _instances(nvml, cards) if "MIG-" in host.environ.get("CUDA_VISIBLE_DEVICES", "") else {}
        mask = visible_devices(host.environ, [card[0] for card in cards], [card[1] for card in cards], parts)
        answering = tuple(i for i in mask.indices if cards[i] != _DEAD)
        lost = tuple(i for i in mask.indices if cards[i] == _DEAD)
        wider = not mask.certain or mask.instances
        sensor = NvmlSensor(host, nvml, answering, lost, wider=wider) if mask.indices else None
    except nvml.NVMLError as error:
        return None, [finding("nvml", Status.BROKEN, "nvml-broken", error=error)]
    dead = [str(i) for i, card in enumerate(cards) if card == _DEAD]
    findings = [finding("nvml", Status.BROKEN, "nvml-lost", gpus=", ".join(dead))] if dead else []
    if sensor is not None:
        return sensor, [*_how(sensor), *_mask(mask, count), *findings]
    if not dead:
        key = "nvml-all-masked" if count else "nvml-no-gpu"
        findings.append(finding("nvml", Status.ABSENT, key, count=count))
    nvml.nvmlShutdown()
    return None, findings


_DEAD = ("", "")


def _identity(nvml: Any, index: int) -> tuple[str, str]:
    """UUID and name of a card; ``_DEAD`` for one that no longer answers."""
    try:
        return identity(nvml, nvml.nvmlDeviceGetHandleByIndex(index), index)
    except nvml.NVMLError:
        return _DEAD


def _instances(nvml: Any, cards: list[tuple[str, str]]) -> dict[str, int]:
    """UUID of each MIG instance -> number of its card."""
    found: dict[str, int] = {}
    for i, card in enumerate(cards):
        try:
            handle = nvml.nvmlDeviceGetHandleByIndex(i) if card != _DEAD else None
            most = nvml.nvmlDeviceGetMaxMigDeviceCount(handle) if handle is not None else 0
        except (nvml.NVMLError, AttributeError):
            continue
        for k in range(most):
            try:
                found[text(nvml.nvmlDeviceGetUUID(nvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, k)))] = i
            except nvml.NVMLError:
                continue  # instances keep their numbers when others are taken away
    return found


def _how(sensor: NvmlSensor) -> list[Finding]:
    found = []
    for method, key, status in (
        (Method.COUNTER, "nvml-counter", Status.AVAILABLE),
        (Method.POWER, "nvml-power", Status.AVAILABLE),
        (Method.MODEL, "nvml-model", Status.MODELLED),
    ):
        gpus = [gpu for gpu in sensor.gpus if gpu.method is method]
        if gpus:
            channel = gpus[0].channel
            labels = ", ".join(gpu.channel.label for gpu in gpus)
            below = channel.relative_error_below
            error = (
                f"{channel.relative_error:.0%}" if below is None else f"-{below:.0%} to +{channel.relative_error:.0%}"
            )
            found.append(finding("nvml", status, key, gpus=labels, error=error, basis=channel.error_source))
    if any(gpu.mig for gpu in sensor.gpus):
        found.append(finding("nvml", Status.AVAILABLE, "nvml-mig"))
    return found


def _mask(mask: Mask, count: int) -> list[Finding]:
    if not mask.certain:
        return [finding("nvml", Status.AVAILABLE, "nvml-mask-unclear", count=count)]
    if mask.masked and len(mask.indices) < count:
        return [finding("nvml", Status.AVAILABLE, "nvml-masked", count=count, seen=len(mask.indices))]
    return []
