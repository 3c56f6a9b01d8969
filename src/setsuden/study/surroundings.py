"""What a study stands on: the clock, the sensors, the models and the data."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from setsuden.errors import require
from setsuden.meter import DEFAULT_RATE_HZ
from setsuden.meter.load import LoadProbe
from setsuden.places import Declared
from setsuden.sensors import Clock, Discovery, Host, SystemClock, discover
from setsuden.sensors.utilisation import UtilisationProbe
from setsuden.study.declaration import StudyDeclaration
from setsuden.study.workshop import Workshop


def torch_workshop(study: StudyDeclaration, declared: Declared, seconds: Callable[[], float]) -> Workshop:
    """Models and data for real; raises MissingDependencyError without torch."""
    require("Training and measuring models", "torch,data", "torch")
    from setsuden.study.torch_workshop import TorchWorkshop

    return TorchWorkshop.of(study, declared, seconds)


def machine_load(host: Host, found: Discovery) -> LoadProbe:
    """How busy this machine, or what of it is ours, and its cards are."""
    return UtilisationProbe(host, found.sensors, found.limits)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a study stands on; tests put fakes in their place.

    clock      elapsed time and time of day
    discover   finds the sensors
    workshop   models and data; the last argument is the elapsed clock
    sleep      waits during idle baselines
    rate_hz    of the background sampler
    host       where the settings of the processor are read
    probe      how busy the machine is meanwhile; None: not looked at
    """

    clock: Clock = field(default_factory=SystemClock)
    discover: Callable[[Clock], Discovery] = lambda clock: discover(Host(clock=clock))
    workshop: Callable[[StudyDeclaration, Declared, Callable[[], float]], Workshop] = torch_workshop
    sleep: Callable[[float], None] = time.sleep
    rate_hz: float = DEFAULT_RATE_HZ
    host: Host = field(default_factory=Host)
    probe: Callable[[Host, Discovery], LoadProbe | None] = machine_load
