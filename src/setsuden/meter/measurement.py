"""The record of a window, under the name by which users of the meter know it."""

from __future__ import annotations

from setsuden.ledger.measurement import ChannelEnergy, Flag, Measurement, Utilisation

__all__ = ["ChannelEnergy", "Flag", "Measurement", "Utilisation"]
