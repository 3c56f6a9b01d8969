"""What one call of a Flower client cost, as a record that travels with its reply."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from flwr.app import MetricRecord

RECORD = "setsuden.cost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Measured at the client, around the user's function.

    client       its ``partition-id``, -1 where the node has none
    pid          process that ran it; cold: the first call of its kind there, so imports and loading may be in it
    started_s, ended_s   Unix time at the client
    cpu_s        processor seconds of the call, children it waited for included
    before_s     processor seconds of the process before this call, cold calls only: start and imports
    idle_s       since this client's last call ended; 0 before the second
    bytes_in, bytes_out  records of the message and of the reply as Flower counts them, this record not counted
    """

    client: int
    pid: int
    cold: bool
    started_s: float
    ended_s: float
    cpu_s: float
    before_s: float
    idle_s: float
    bytes_in: int
    bytes_out: int

    def record(self) -> MetricRecord:
        """For the reply."""
        return MetricRecord({name: int(value) if name == "cold" else value for name, value in asdict(self).items()})

    @classmethod
    def of(cls, record: MetricRecord) -> Cost:
        """The inverse of ``record``; KeyError or TypeError for another record."""
        values = {field.name: record[field.name] for field in fields(cls)}
        return cls(**{**values, "cold": bool(values["cold"])})  # type: ignore[arg-type]
