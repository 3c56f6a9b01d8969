"""NamedTuple for what lies on the way of a meter's start.

To a type checker this is ``typing.NamedTuple``. That one compiles the annotation of every field as it makes a class,
``collections.namedtuple`` how a tuple is made: 60 microseconds and more for each of the twenty classes of a start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    import collections
    from operator import itemgetter
    from types import FunctionType

    _new = tuple.__new__
    # How a tuple of so many fields is made, compiled with this file; a class puts the names of its fields in.
    _MAKERS = (
        lambda _cls: _new(_cls, ()),
        lambda _cls, a: _new(_cls, (a,)),
        lambda _cls, a, b: _new(_cls, (a, b)),
        lambda _cls, a, b, c: _new(_cls, (a, b, c)),
        lambda _cls, a, b, c, d: _new(_cls, (a, b, c, d)),
        lambda _cls, a, b, c, d, e: _new(_cls, (a, b, c, d, e)),
        lambda _cls, a, b, c, d, e, f: _new(_cls, (a, b, c, d, e, f)),
        lambda _cls, a, b, c, d, e, f, g: _new(_cls, (a, b, c, d, e, f, g)),
        lambda _cls, a, b, c, d, e, f, g, h: _new(_cls, (a, b, c, d, e, f, g, h)),
        lambda _cls, a, b, c, d, e, f, g, h, i: _new(_cls, (a, b, c, d, e, f, g, h, i)),
        lambda _cls, a, b, c, d, e, f, g, h, i, j: _new(_cls, (a, b, c, d, e, f, g, h, i, j)),
        lambda _cls, a, b, c, d, e, f, g, h, i, j, k: _new(_cls, (a, b, c, d, e, f, g, h, i, j, k)),
        lambda _cls, a, b, c, d, e, f, g, h, i, j, k, l: _new(_cls, (a, b, c, d, e, f, g, h, i, j, k, l)),  # noqa: E741
        lambda _cls, a, b, c, d, e, f, g, h, i, j, k, l, m: _new(  # noqa: E741
            _cls, (a, b, c, d, e, f, g, h, i, j, k, l, m)
        ),
        lambda _cls, a, b, c, d, e, f, g, h, i, j, k, l, m, n: _new(  # noqa: E741
            _cls, (a, b, c, d, e, f, g, h, i, j, k, l, m, n)
        ),
        lambda _cls, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o: _new(  # noqa: E741
            _cls, (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o)
        ),
    )
    _field = getattr(collections, "_tuplegetter", lambda place, doc: property(itemgetter(place), doc=doc))

    class _Named(tuple):
        """What every tuple with names can do."""

        __slots__ = ()
        _fields = ()

        @classmethod
        def _make(cls, iterable):
            return cls(*iterable)

        def _replace(self, /, **changes):
            return type(self)(**{**self._asdict(), **changes})

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):
            inside = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
            return f"{type(self).__name__}({inside})"

        def __getnewargs__(self):
            return tuple(self)

    class _Maker(type):
        """Turns the body of a class into a tuple with names; what else is in it becomes part of that."""

        def __new__(cls, name, bases, body):
            fields = tuple(body["__annotations__"])
            defaults = {field: body.pop(field) for field in fields if field in body}
            code = _MAKERS[len(fields)].__code__.replace(co_varnames=("_cls", *fields), co_name="__new__")
            make = body["__new__"] = FunctionType(code, globals(), "__new__", tuple(defaults.values()))
            make.__qualname__ = f"{name}.__new__"
            body["__slots__"] = ()
            body["__match_args__"] = body["_fields"] = fields
            body["_field_defaults"] = defaults
            for place, field in enumerate(fields):
                body[field] = _field(place, None)
            return type(name, (_Named,), body)

    NamedTuple = type.__new__(_Maker, "NamedTuple", (), {})

__all__ = ["NamedTuple"]
