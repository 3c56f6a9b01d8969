"""Energy, time and power before a run, with intervals that hold.

from setsuden.predict.table import fit       whole tables, on the columns of public measurements
from setsuden.predict.job import predict     one job on one device
"""
