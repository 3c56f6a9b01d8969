"""From the declared fleet to one with every figure looked up, or one sentence that says what to change and where."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np

from setsuden.catalogue.uncertainty import default
from setsuden.errors import InputError
from setsuden.federated.fleet.declaration import (
    DeviceChoice,
    FleetDeclaration,
    GridChoice,
    GroupChoice,
    LinkChoice,
    ServerChoice,
    Window,
)
from setsuden.federated.fleet.device import Device, Known, known
from setsuden.federated.fleet.fleet import Fleet, Group, Server, build
from setsuden.federated.fleet.link import Link, rates
from setsuden.federated.fleet.place import HOURS, Place, country, hourly, steady, utc_offset_h
from setsuden.parsing import near, parsed
from setsuden.placement.network import link as network
from setsuden.placement.network import radio
from setsuden.places import Declared, FieldPath, parse_yaml, read_yaml
from setsuden.quantity import Estimate

_YEAR_S = 365.25 * 86400
_COMMAND, _WHAT = "federate --example fleet", "fleet file"


def example_text() -> str:
    """A commented fleet, valid as it stands: boards, phones and laptops in three countries."""
    return (files("setsuden.federated.fleet") / "example.yaml").read_text(encoding="utf-8")


def load(path: Path, clients: int | None = None) -> Fleet:
    """The fleet of a YAML file.

    clients   how many there are to be, for groups that state their ``share``
    """
    return read(read_yaml(path, _COMMAND, _WHAT), clients)


def load_example(clients: int | None = None) -> Fleet:
    """The fleet of the example."""
    return read(parse_yaml(example_text(), "example.yaml", _COMMAND, _WHAT), clients)


def read(declared: Declared, clients: int | None = None) -> Fleet:
    """The fleet; raises InputError with the place of the first problem."""
    said = parsed(declared, FleetDeclaration)
    month = said.start.month
    devices = {
        name: declared.at(("devices", name), lambda name=name, choice=choice: _device(name, choice))  # type: ignore[misc]
        for name, choice in said.devices.items()
    }
    groups = [_group(declared, ("clients", index), choice, devices, month) for index, choice in enumerate(said.clients)]
    counts = declared.at(("clients",), lambda: _counts(said.clients, clients))
    return build(
        groups,
        counts,
        _server(declared, ("server",), said.server, devices, month),
        name=said.name,
        aggregators=[
            _server(declared, ("aggregators", index), choice, devices, month)
            for index, choice in enumerate(said.aggregators)
        ],
        start_utc_hour=said.start.utc_hour,
        seed=said.seed,
    )


def _device(name: str, choice: DeviceChoice) -> Device:
    row = None if choice.catalogue is None else known(choice.catalogue)
    active = None if choice.active_w is None else choice.active_w.estimate("W")
    if active is None and choice.j_per_mac is None:
        active = _asked("power while training", "active_w or j_per_mac", row, None if row is None else row.active_w)
    idle = choice.idle_w.estimate("W") if choice.idle_w is not None else None
    if idle is None:
        idle = _asked("idle power", "idle_w", row, None if row is None else row.idle_w)
    return Device(
        name=name,
        macs_per_s=choice.macs_per_s or _of_peak(choice, row),
        idle_w=idle,
        active_w=active,
        j_per_mac=None if choice.j_per_mac is None else choice.j_per_mac.estimate("J/MAC"),
        step_s=choice.step_ms / 1e3,
        rx_w=choice.rx_w.estimate("W") if choice.rx_w is not None else None if row is None else row.rx_w,
        tx_w=choice.tx_w.estimate("W") if choice.tx_w is not None else None if row is None else row.tx_w,
        embodied=None
        if choice.embodied is None
        else choice.embodied.kg.estimate("gCO2e/s", 1e3 / (choice.embodied.years * _YEAR_S)),
        note="stated" if row is None else row.note,
    )


def _asked(what: str, keys: str, row: Known | None, found: Estimate | None) -> Estimate:
    if found is not None:
        return found
    if row is None:
        raise InputError(f"its {what} is needed", remedy=f"Give {keys}, or a device of the catalogue.")
    design = f" (its design power is {row.design_w:g} W)" if row.design_w is not None else ""
    raise InputError(f"the catalogue knows no {what} of {row.id}{design}", remedy=f"Give {keys}.")


def _of_peak(choice: DeviceChoice, row: Known | None) -> float:
    assert choice.share_of_peak is not None
    if row is None or row.peak_macs_per_s is None:
        raise InputError("no peak rate is known to take a share of", remedy="Give macs_per_s.")
    return choice.share_of_peak * row.peak_macs_per_s


def _named(declared: Declared, path: FieldPath, name: str, devices: dict[str, Device]) -> Device:
    if name not in devices:
        raise InputError(
            "no such device in this fleet",
            place=declared.place((*path, "device")),
            value=name,
            remedy=near(name, devices),
        )
    return devices[name]


def _group(declared: Declared, path: FieldPath, choice: GroupChoice, devices: dict[str, Device], month: int) -> Group:
    device = _named(declared, path, choice.device, devices)
    spare = choice.spare_w
    link = declared.at((*path, "link"), lambda: _link(choice.link, choice.country))
    place = _place(declared, path, choice.country, choice.grid, month)
    available = declared.at((*path, "available"), lambda: _hours(choice.available, month))
    return declared.at(
        path,
        lambda: Group(
            name=choice.name or f"{choice.device}, {choice.country}",
            device=device,
            link=link,
            place=place,
            available=available,
            drop_out=choice.drop_out,
            spare_w=None if spare is None else tuple(spare) if isinstance(spare, list) else (spare,) * HOURS,
            speed_spread=choice.speed_spread,
            rate_spread=choice.rate_spread,
        ),
    )


def _server(
    declared: Declared, path: FieldPath, choice: ServerChoice, devices: dict[str, Device], month: int
) -> Server:
    return Server(
        device=_named(declared, path, choice.device, devices),
        place=_place(declared, path, choice.country, choice.grid, month),
        pue=default("pue_h").estimate("1") if choice.pue is None else choice.pue.estimate("1"),
        count=choice.count,
    )


def _place(declared: Declared, path: FieldPath, code: str, choice: GridChoice | None, month: int) -> Place:
    if choice is None:
        return declared.at((*path, "country"), lambda: country(code))
    if choice.g_per_kwh is not None:
        return steady(code, choice.g_per_kwh.estimate("gCO2e/kWh"))
    if choice.hours_utc is not None:
        return declared.at((*path, "grid"), lambda: Place(code, tuple(choice.hours_utc or ())))
    assert choice.zone is not None
    zone = choice.zone
    return declared.at((*path, "grid", "zone"), lambda: hourly(zone, month))


def _link(choice: LinkChoice, code: str) -> Link:
    down, up, note = rates(choice.technology, choice.rates or code, choice.down_mbps, choice.up_mbps)
    return Link(
        name=choice.technology,
        down=down,
        up=up,
        network=network(choice.technology),
        radio=radio(choice.radio, choice.radio_mbps),
        note=note,
    )


def _hours(choice: Window, month: int) -> tuple[float, ...]:
    """Shares available in each hour of UTC; an hour that is cut by the window counts in proportion."""
    whole_day = choice.by_hour is None and (choice.from_hour, choice.to_hour) == (0.0, 24.0)
    if whole_day:
        return (choice.share,) * HOURS
    if choice.timezone is None and choice.utc_offset_h is None:
        raise InputError("the hours of a clock need its time zone", remedy="Give timezone or utc_offset_h.")
    ahead = utc_offset_h(choice.timezone, month) if choice.timezone is not None else choice.utc_offset_h or 0.0
    if choice.by_hour is not None:
        if len(choice.by_hour) % HOURS:
            raise InputError("by_hour needs 24 hours, or whole days of them", value=len(choice.by_hour))
        local = np.asarray(choice.by_hour) * choice.share
        whole, part = divmod(ahead, 1.0)  # where clocks are half an hour off, an hour of UTC holds halves of two
        turned = (1 - part) * np.roll(local, -int(whole)) + part * np.roll(local, -int(whole) - 1)
        return tuple(turned.tolist())
    start, end = choice.from_hour - ahead, choice.to_hour - ahead
    if end <= start:
        end += HOURS
    shares = [
        sum(max(0.0, min(hour + 1, end + day) - max(hour, start + day)) for day in (-48, -24, 0, 24, 48))
        for hour in range(HOURS)
    ]
    return tuple(min(1.0, share) * choice.share for share in shares)


def _counts(groups: list[GroupChoice], clients: int | None) -> list[int]:
    """Whole numbers of clients, those of shares by largest remainder."""
    fixed = sum(group.count or 0 for group in groups)
    shares = np.array([group.share or 0.0 for group in groups])
    if not shares.any():
        if clients is not None and clients != fixed:
            raise InputError(f"the groups count {fixed} clients, asked for are {clients}", remedy="Give shares.")
        return [group.count or 0 for group in groups]
    if clients is None or clients < fixed:
        raise InputError("shares need the number of clients, no fewer than are counted", value=clients)
    if abs(float(shares.sum()) - 1.0) > 1e-6:
        raise InputError("the shares must add up to 1", value=float(shares.sum()))
    exact = shares * (clients - fixed)
    whole = np.floor(exact + 1e-9).astype(int)
    for index in np.argsort(-(exact - whole), kind="stable")[: clients - fixed - int(whole.sum())]:
        whole[index] += 1
    return [group.count or int(number) for group, number in zip(groups, whole, strict=True)]
