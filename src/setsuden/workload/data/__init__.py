"""Data sets for classification, read from files at hand; nothing is ever downloaded."""

from __future__ import annotations

from setsuden.workload.data._dataset import Dataset, Standardisation
from setsuden.workload.data._load import DataSetStatus, available, load, names

__all__ = ["DataSetStatus", "Dataset", "Standardisation", "available", "load", "names"]
