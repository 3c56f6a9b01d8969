"""What profiling alone can raise."""

from __future__ import annotations

from setsuden.errors import InputError


class UnknownOperatorError(InputError):
    """An operator with tensor output has no formula, and ``strict`` was asked for."""

    def __init__(self, operator: str) -> None:
        super().__init__(
            "operator without a formula, so its work would be missing from the count",
            place=operator,
            remedy=f'Declare it: setsuden.workload.profile.register("{operator}", lambda *args, **kwargs: MACS).',
        )
