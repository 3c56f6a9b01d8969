"""NamedTuple for what lies on the way of a meter's start.

To a type checker this is ``typing.NamedTuple``. That one compiles the annotation of every field as it makes a class,
20 microseconds each, and a start makes twenty classes; nobody asks these for their types while a program runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from collections import namedtuple

    _MADE = ("__annotations__", "__module__", "__qualname__", "__slots__")

    class _Maker(type):
        """Turns the body of a class into a tuple with names; what else is in it becomes part of that."""

        def __new__(cls, name, bases, body):
            fields = body["__annotations__"]
            defaults = [body.pop(field) for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])
            made.__annotations__ = fields
            for key, value in body.items():
                if key not in _MADE:
                    setattr(made, key, value)
            return made

    NamedTuple = type.__new__(_Maker, "NamedTuple", (), {})

__all__ = ["NamedTuple"]
