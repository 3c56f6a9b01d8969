"""The formulas of placing inference on plain numbers, for checking a published case by hand.

    device  e - P t + P / r                        e J/request while busy, P idle W, t busy s, r requests/s
    cloud   B (j + k) + PUE e                      B bits up and down, j radio and k network J/bit
    payload at which both take the same            B* = (device - PUE e) / (j + k)
    rate at which both take the same               r* = P / (cloud - (e - P t))

``placement.inference.answer`` gives the same with intervals, shared servers, utilisation and both views at once.
"""

from __future__ import annotations

import math

from setsuden.errors import InputError

J_PER_BIT_OF_KWH_PER_GB = 3.6e6 / 8e9
J_PER_BIT_OF_W_PER_MBPS = 1e-6


def device_j(busy_j: float, *, idle_w: float = 0.0, busy_s: float = 0.0, rate_per_s: float = math.inf) -> float:
    """J per request of an always-on device; without ``idle_w`` only what the request itself takes."""
    _check(busy_j=busy_j, idle_w=idle_w, busy_s=busy_s)
    if not rate_per_s > 0:
        raise InputError("there must be requests", place="rate_per_s", value=rate_per_s)
    return busy_j - idle_w * busy_s + idle_w / rate_per_s


def cloud_j(
    payload_kb: float, server_j: float, *, pue: float, radio_j_per_bit: float, network_j_per_bit: float
) -> float:
    """J per request in the cloud; ``payload_kb`` up and down together, ``network_j_per_bit`` of one view."""
    _check(payload_kb=payload_kb, server_j=server_j, radio=radio_j_per_bit, network=network_j_per_bit)
    if not 1 <= pue < math.inf:
        raise InputError("PUE is at least 1", place="pue", value=pue)
    return 8e3 * payload_kb * (radio_j_per_bit + network_j_per_bit) + pue * server_j


def break_even_payload_kb(
    device: float, server_j: float, *, pue: float, radio_j_per_bit: float, network_j_per_bit: float
) -> float | None:
    """kB above which the device takes less; None where the cloud never does, whatever the payload."""
    per_kb = cloud_j(1.0, 0.0, pue=pue, radio_j_per_bit=radio_j_per_bit, network_j_per_bit=network_j_per_bit)
    _check(device=device, server_j=server_j)
    lead = device - pue * server_j
    if lead <= 0 or per_kb == 0:
        return None
    return lead / per_kb


def break_even_rate_per_s(cloud: float, *, busy_j: float, idle_w: float, busy_s: float) -> float | None:
    """Requests a second above which the device takes less than ``cloud`` J; None where it never does."""
    _check(cloud=cloud, busy_j=busy_j, idle_w=idle_w, busy_s=busy_s)
    lead = cloud - (busy_j - idle_w * busy_s)
    return idle_w / lead if lead > 0 else None


def _check(**figures: float) -> None:
    for name, value in figures.items():
        if not 0 <= value < math.inf:
            raise InputError("must be a finite number of at least 0", place=name, value=value)
