"""Messages of a power meter as an MQTT client recorded them: ``mosquitto_sub -v -F '%I %t %p'`` or ``-F %j``.

Read are the moment of reception, the topic and the payload: a bare number of watts (topics that end in ``power``), or
JSON as plugs publish it: Tasmota (``ENERGY.Power``), Shelly (``apower``), Zigbee2MQTT (``power``), and names such as
``power_w`` or ``watts``. Other topics in the recording are left out; several meters in one recording are refused,
because whether they add up or lie inside each other is not in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from setsuden.errors import InputError
from setsuden.imports.assemble import WALL, Series, run_of
from setsuden.imports.imported import Imported, Settings
from setsuden.imports.text import number, read_text
from setsuden.imports.times import Clock

# Where meters put their watts, by the path of names in the payload.
_PATHS = (("ENERGY", "Power"), ("StatusSNS", "ENERGY", "Power"), ("apower",), ("act_power",), ("total_act_power",),
          ("power",), ("power_w",), ("watts",))  # fmt: skip
# What brokers and home automation say of a meter that does not answer.
_UNKNOWN = ("unavailable", "unknown", "offline", "")
_BARE_TOPIC = re.compile(r"(?:.*/)?(?:power|power_w|watts?|apower)", re.I)
# mosquitto_sub writes local time, "Z" and the zone: 2026-11-22T10:00:00.123456Z+0900.
_ZONE_TWICE = re.compile(r"Z(?=[+-]\d{4}$)")


class _Message(NamedTuple):
    place: str
    time: object
    topic: str
    payload: object


def read(path: Path, settings: Settings) -> list[Imported]:
    """One run: what the meter is plugged into, the whole node unless ``--component`` says otherwise."""
    clock = Clock(settings.zone)
    times: list[float] = []
    watts: list[float] = []
    topics: dict[str, None] = {}
    for message in _messages(path):
        found = _power(message)
        if found is None:
            continue
        topics[message.topic] = None
        times.append(clock.seconds(message.time, message.place))
        watts.append(found)
    if not times:
        raise InputError(
            "no message tells a power", place=str(path),
            remedy="Record the meter's topic: mosquitto_sub -v -t TOPIC -F '%I %t %p' > meter.txt",
        )  # fmt: skip
    if len(topics) > 1:
        raise InputError(
            "several topics tell a power", place=str(path), value=list(topics), remedy="Record one of them per file."
        )
    topic = next(iter(topics))
    component = settings.component or "board"
    series = Series(f"mqtt/{topic}", component, f"meter {topic} (MQTT)", times, watts, error=WALL)
    return [run_of("mqtt", path.stem, [series], clock, settings)]


def _messages(path: Path) -> Iterator[_Message]:
    for index, line in enumerate(read_text(path).splitlines(), 1):
        if not line.strip():
            continue
        place = f"{path}, line {index}"
        if line.lstrip().startswith("{"):
            yield _of_json(line, place)
            continue
        time, _, rest = line.strip().partition(" ")
        topic, _, payload = rest.partition(" ")
        if not topic:
            raise InputError(
                "a line without time, topic and payload", place=place, value=line[:60],
                remedy="Record with mosquitto_sub -v -F '%I %t %p'.",
            )  # fmt: skip
        yield _Message(place, _time(time), topic, _decoded(payload))


def _of_json(line: str, place: str) -> _Message:
    try:
        record: dict[str, Any] = json.loads(line)
        time = next(record[name] for name in ("tst", "timestamp", "time") if name in record)
        payload = record["payload"]
        topic = str(record["topic"])
    except json.JSONDecodeError as error:
        raise InputError(f"is not JSON: {error.msg}", place=place) from None
    except (KeyError, StopIteration):
        raise InputError(
            "a message without tst, topic and payload", place=place, remedy="Record with mosquitto_sub -F %j."
        ) from None
    return _Message(place, _time(time), topic, _decoded(payload) if isinstance(payload, str) else payload)


def _time(value: object) -> object:
    return _ZONE_TWICE.sub("", value) if isinstance(value, str) else value


def _decoded(payload: str) -> object:
    try:
        return json.loads(payload)
    except ValueError:
        return payload


def _power(message: _Message) -> float | None:
    """Watts in a message; None for a message that is about something else, or that does not know."""
    payload = message.payload
    if payload in _UNKNOWN:
        return None
    if isinstance(payload, int | float | str) and not isinstance(payload, bool):
        return number(payload, message.place) if _BARE_TOPIC.fullmatch(message.topic) else None
    for steps in _PATHS:
        found: Any = payload
        for step in steps:
            found = found.get(step) if isinstance(found, dict) else None
        if found is not None and not isinstance(found, bool | dict | list):
            return number(found, message.place)
    return None
