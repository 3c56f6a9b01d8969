"""Studies to place, small and exact."""

from __future__ import annotations

from dataclasses import replace

from setsuden.placement.inference import Machine, Study
from setsuden.placement.inference.study import Local, Remote
from setsuden.placement.network import link, radio
from setsuden.quantity import Estimate, Provenance


def exact(value: float, unit: str) -> Estimate:
    return Estimate.exact(value, unit, Provenance.ASSUMED)


def machine(joules: float, seconds: float, idle_w: float | None = None) -> Machine:
    idle = None if idle_w is None else exact(idle_w, "W")
    return Machine("test", exact(joules, "J/request"), seconds, idle)


def study(
    device: Machine,
    cloud: Machine,
    *,
    payload_kb: float = 110.0,
    rate_per_s: float = 0.01,
    idle_share: float = 0.0,
    average_kwh_per_gb: float | None = None,
    network: str = "fixed",
) -> Study:
    """Nothing but a device and a busy cloud at PUE 1.15 behind Wi-Fi, no answer to carry back."""
    path = link(network)
    if average_kwh_per_gb is not None:
        path = replace(path, average=exact(average_kwh_per_gb, "kWh/GB").to("J/bit"))
    grid = exact(400.0, "gCO2e/kWh")
    return Study(
        "test",
        exact(payload_kb, "kB/request"),
        exact(0.0, "kB/request"),
        exact(rate_per_s, "request/s"),
        "energy",
        None,
        Local(device, idle_share),
        None,
        Remote(cloud, exact(1.0, "1"), exact(1.15, "1"), exact(0.03, "s")),
        path,
        radio("wifi"),
        None,
        False,
        0.0,
        None,
        grid,
        grid,
        grid,
    )
