"""From the declared question to one with every figure looked up, or one sentence that says what to change and where."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

from pydantic import BaseModel

from setsuden.catalogue import grid
from setsuden.catalogue.embodied import server_utilisation
from setsuden.catalogue.uncertainty import default
from setsuden.errors import InputError
from setsuden.parsing import parsed
from setsuden.placement.inference.calibrated import from_pilot
from setsuden.placement.inference.declaration import CloudChoice, LocalChoice, Making, NetworkChoice, PlaceDeclaration
from setsuden.placement.inference.machine import Machine, batched, measured, with_server_idle
from setsuden.placement.inference.split import Layer, layers_of
from setsuden.placement.inference.study import Local, Remote, Study
from setsuden.placement.judgement import also, judged
from setsuden.placement.network import Link, Speed, link, published, radio, speed, technology_of
from setsuden.places import Declared
from setsuden.quantity import Estimate

_YEAR_S = 365.25 * 86400
_SECTIONS = ("network",)


def example_text() -> str:
    """A commented question, valid as it stands: a camera in Japan that sends two pictures a minute."""
    return (files("setsuden.placement.inference") / "example.yaml").read_text(encoding="utf-8")


def read(declared: Declared) -> Study:
    """The study; raises InputError with the place of the first problem."""
    for name in _SECTIONS:
        if name in declared.data and declared.data[name] is None:
            declared.data[name] = {}
    said = parsed(declared, PlaceDeclaration)
    at = declared.at
    stated = said.intensity_g_per_kwh
    here = (
        at(("site",), lambda: grid.intensity(said.site or grid.WORLD).estimate())
        if stated is None
        else stated.estimate("gCO2e/kWh")
    )
    between = said.network.site
    network_ci = here if between is None else at(("network", "site"), lambda: grid.intensity(between).estimate())
    device = at(("device",), lambda: _local(said.device))
    edge_choice = said.edge
    return Study(
        said.name,
        said.payload_kb.estimate("kB/request"),
        _unless_said(said, "answer_kb", said.answer_kb.estimate("kB/request"), "size of the answer"),
        said.requests_per_minute.estimate("request/s", 1 / 60),
        said.objective,
        None if said.latency_ms is None else said.latency_ms / 1e3,
        device,
        None if edge_choice is None else at(("edge",), lambda: _local(edge_choice)),
        at(("cloud",), lambda: _remote(said.cloud)),
        at(("network", "link"), lambda: _link(said.network)),
        at(("network", "radio"), lambda: radio(said.network.radio, said.network.goodput_mbps)),
        at(("network", "published"), lambda: published(said.network.published) if said.network.published else None),
        said.network.new_connection,
        said.network.hops,
        None if said.network.hop_kwh_per_gb is None else said.network.hop_kwh_per_gb.estimate("kWh/GB").to("J/bit"),
        here,
        network_ci,
        at(("cloud", "site"), lambda: _cloud_intensity(said.cloud, here)),
        at(("split",), lambda: _layers(said)),
        at(("network",), lambda: _speed(said)),
    )


def read_example() -> Study:
    """The study of the example."""
    from setsuden.places import parse_yaml

    return read(parse_yaml(example_text(), "example.yaml", "place"))


def _machine(choice: LocalChoice | CloudChoice) -> Machine:
    """The machine of the one source that is given; idle watts that are stated go before those of a pilot."""
    idle = None if choice.idle_w is None else choice.idle_w.estimate("W")
    if choice.system is not None:
        return measured(choice.system, idle, None if choice.tokens is None else choice.tokens.estimate("token/request"))
    if choice.pilot is not None:
        found = from_pilot(choice.pilot, choice.configuration)
        return found if idle is None else replace(found, idle=idle)
    assert choice.energy_j is not None
    assert choice.seconds is not None
    return Machine("stated by the user", choice.energy_j.estimate("J/request"), choice.seconds, idle)


def _local(choice: LocalChoice) -> Local:
    machine = _machine(choice)
    if machine.idle is None and choice.idle_share > 0:
        raise InputError(
            "its waiting is to be charged, and its idle watts are unknown",
            remedy="Give idle_w, or idle_share: 0 if it would be switched on anyway.",
        )
    return Local(machine, choice.idle_share, choice.shared_by, _making(choice.embodied))


def _remote(choice: CloudChoice) -> Remote:
    machine = _machine(choice)
    if choice.single is not None and choice.batch is not None:
        tokens = None if choice.tokens is None else choice.tokens.estimate("token/request")
        machine = batched(measured(choice.single, machine.idle, tokens), machine, choice.batch)
    return Remote(
        with_server_idle(machine),
        server_utilisation() if choice.utilisation is None else choice.utilisation.estimate("1"),
        default("pue_h").estimate("1") if choice.pue is None else choice.pue.estimate("1"),
        _unless_said(choice, "rtt_ms", choice.rtt_ms.estimate("s", 1e-3), "time there and back"),
        choice.wait_ms / 1e3,
        choice.batch or 1.0,
        _making(choice.embodied),
    )


def _making(choice: Making | None) -> Estimate | None:
    """gCO2e per second of owning it."""
    if choice is None:
        return None
    figure = choice.kg.estimate("gCO2e/s", 1e3 / (choice.years * _YEAR_S))
    if "years" in choice.model_fields_set:
        return figure
    return also(figure, judged("years a machine is kept where none are stated", choice.years, "yr"))


def _link(choice: NetworkChoice) -> Link:
    found = link(choice.link)
    if choice.average_kwh_per_gb is not None:
        found = replace(found, average=choice.average_kwh_per_gb.estimate("kWh/GB").to("J/bit"))
    if choice.marginal_w_per_mbps is not None:
        found = replace(found, marginal=choice.marginal_w_per_mbps.estimate("J/Mbit").to("J/bit"))
    if choice.new_connection and found.standing is None:
        raise InputError("no standing power is known for a new connection of this kind", value=choice.link)
    return found


def _unless_said(part: BaseModel, key: str, figure: Estimate, name: str) -> Estimate:
    """A default of ours is marked as such where the user did not state the figure."""
    if key in part.model_fields_set:
        return figure
    return also(figure, judged(f"{name}, where none is stated", figure.value, figure.unit))


def _speed(said: PlaceDeclaration) -> Speed | None:
    """The line's rates: what is stated goes before the catalogue; what neither knows stays unknown."""
    choice = said.network
    found: Speed | None = None
    if choice.country is not None:
        technology = choice.technology or technology_of(choice.link)
        if technology is None:
            raise InputError("no speed is known for this kind of network", value=choice.link,
                             remedy="Give down_mbps and up_mbps instead of country.")  # fmt: skip
        try:
            found = speed(choice.country, technology)
        except InputError:
            if choice.down_mbps is None or choice.up_mbps is None:
                raise
    if choice.down_mbps is not None or choice.up_mbps is not None:
        known = found or Speed("stated", None, None)
        down, up = (
            stated.estimate("Mbit/s") if stated is not None else rate
            for stated, rate in ((choice.down_mbps, known.down), (choice.up_mbps, known.up))
        )
        found = Speed(known.name, down, up)
    missing = ("down_mbps", "up_mbps") if found is None else found.missing
    if missing and said.latency_ms is not None:
        keys = " and ".join(missing)
        name = "your line" if found is None else found.name
        raise InputError(
            f"latency_ms cannot be judged: {keys} of {name} not known, and never guessed",
            remedy=f"Give {keys} as measured, or leave latency_ms out.",
        )
    return found


def _cloud_intensity(choice: CloudChoice, here: Estimate) -> Estimate:
    if choice.intensity_g_per_kwh is not None:
        return choice.intensity_g_per_kwh.estimate("gCO2e/kWh")
    return here if choice.site is None else grid.intensity(choice.site).estimate()


def _layers(said: PlaceDeclaration) -> tuple[Layer, ...]:
    if said.split is None:
        return ()
    if said.split.layers is not None:
        return tuple(Layer(layer.name, layer.macs, layer.output_bytes) for layer in said.split.layers)
    assert said.split.model is not None
    return layers_of(said.split.model)
