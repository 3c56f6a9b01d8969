"""An amount of energy and one of carbon in everyday words, at any size: a lamp by its hours, a car by its way."""

from __future__ import annotations

from setsuden.footprint.equivalents import Equivalent, compared
from setsuden.language import Language, Messages
from setsuden.quantity import Estimate, significant

_LAMP, _CAR = "led_hour", "car_km_eu_new_2024"
_UNITS = ((3600.0, "hours"), (60.0, "minutes"), (1.0, "seconds"))


def everyday(energy: Estimate, carbon: Estimate | None, language: Language) -> list[str]:
    """One comparison for the energy and one for the carbon, two digits each; none for next to nothing.

    The best figure alone: a picture for the reader, no more certain than the figure that it pictures.
    """
    found, known = [], [item for item in compared(energy, carbon) if item.amount.value > 0]
    for by, small in (("energy", _LAMP), ("carbon", _CAR)):
        things = [item for item in known if item.by == by]
        scaled = (item for item in things if item.thing.id == small and item.amount.value < 1)
        chosen = next(scaled, None) or next(iter(things), None)
        if chosen is not None and (thing := _thing(chosen, language)):
            found.append(Messages("footprint", language).say(f"everyday.{by}", thing=thing))
    return found


def _thing(item: Equivalent, language: Language) -> str:
    """In words; empty for less than a lamp's second or a car's metre."""
    say, amount = Messages("footprint", language).say, item.amount.value
    if item.thing.id == _LAMP:
        return say("everyday.lamp", time=_time(amount * 3600, language)) if amount * 3600 >= 1 else ""
    if item.thing.id == _CAR and amount < 1:
        return say("everyday.car", way=f"{significant(amount * 1000, 2)} m") if amount * 1000 >= 1 else ""
    if item.thing.id == _CAR:
        return say("everyday.car", way=f"{significant(amount, 2)} km")
    return say("everyday.times", amount=significant(amount, 2), thing=item.thing.label(language))


def _time(seconds: float, language: Language) -> str:
    size, unit = next((pair for pair in _UNITS if seconds >= pair[0]), _UNITS[-1])
    return Messages("footprint", language).say(f"everyday.{unit}", time=significant(seconds / size, 2))
