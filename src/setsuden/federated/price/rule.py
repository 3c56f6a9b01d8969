"""A rule of accounting: which terms are inside, and by which coefficients each is charged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from setsuden.errors import InputError
from setsuden.federated.fleet import Link
from setsuden.federated.price.term import Term
from setsuden.placement.network import Published, published, published_names
from setsuden.quantity import Estimate, Provenance

View = Literal["attribution", "marginal"]
NetworkGrid = Literal["client", "server", "sender"]


@dataclass(frozen=True, slots=True)
class ByLink:
    """Every link by its own network, in one of the two views."""

    view: View

    @property
    def title(self) -> str:
        """For the boundary of a bill."""
        return f"each link's own network, {self.view} view"

    def of(self, link: Link) -> Estimate:
        """J/bit, either direction."""
        return link.network.average if self.view == "attribution" else link.network.marginal


@dataclass(frozen=True, slots=True)
class PerBit:
    """One coefficient for all links, J/bit; ``peer`` None where messages between peers cost as ``up``.

    charges_device   the device's own power while it transfers is in it: radio and being awake are then not added
    """

    title: str
    up: Estimate
    down: Estimate
    peer: Estimate | None = None
    charges_device: bool = False


@dataclass(frozen=True, slots=True)
class PerSecond:
    """Watts of the network for as long as a transfer takes at the client's own rates."""

    title: str
    watts: Estimate


Network = ByLink | PerBit | PerSecond


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One way to draw up a bill.

    terms           inside the boundary
    network         how a bit, or a second of transfer, is charged
    network_grid    whose carbon intensity the network has: the client's, the server's, or that of whoever sends
    pue_on_network  multiply networks by the server's PUE too
    measured        use the joules that the trace measured where it has them, in place of the device's
    compute_w       of any device while it trains, in place of its own
    transfer_w      of any device while it transfers, in place of radio and being awake
    server_w        of the server for the whole duration, in place of its own work and idle
    pue             of the server, in place of its own
    grid            gCO2e/kWh everywhere; ``server_grid`` of the server alone
    sources         constants of the form and who prints them
    """

    form: str
    terms: frozenset[Term]
    network: Network
    network_grid: NetworkGrid = "client"
    pue_on_network: bool = False
    measured: bool = False
    compute_w: Estimate | None = None
    transfer_w: Estimate | None = None
    server_w: Estimate | None = None
    pue: Estimate | None = None
    grid: Estimate | None = None
    server_grid: Estimate | None = None
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.network_grid not in ("client", "server", "sender"):
            raise InputError(
                "unknown place of the network", value=self.network_grid, remedy="client, server or sender."
            )
        if self.pue is not None and self.pue.low < 1:
            raise InputError("PUE is at least 1", value=self.pue.low)

    @property
    def network_holds_devices(self) -> bool:
        """Whether what networks cost has the devices' own power while they transfer in it."""
        return isinstance(self.network, PerBit) and self.network.charges_device

    @property
    def awake_apart(self) -> bool:
        """Whether being awake while a message is on its way is charged beside radio and network."""
        return self.transfer_w is None and not self.network_holds_devices

    def boundary(self) -> dict[str, str]:
        """What is inside and by what, to be printed with every figure."""
        text = {term.value: "counted" if term in self.terms else "left out" for term in Term}
        text["network model"] = self.network.title
        text["grid of the network"] = self.network_grid
        text["PUE on networks"] = "yes" if self.pue_on_network else "no"
        text["compute"] += ", as measured where the trace has it" if self.measured else ""
        for name, figure in (
            ("power while training, all devices", self.compute_w),
            ("power while transferring, all devices", self.transfer_w),
            ("server power, whole duration", self.server_w),
            ("PUE", self.pue),
            ("grid, everywhere", self.grid),
            ("grid of the server", self.server_grid),
        ):
            if figure is not None:
                text[name] = f"{figure.value:g} {figure.unit}".removesuffix(" 1")
        for index, source in enumerate(self.sources, start=1):
            text[f"constant {index}"] = source
        return text


def network_model(choice: str | Network) -> Network:
    """``attribution`` or ``marginal`` (each link's own network), a published coefficient by name, or one's own."""
    if not isinstance(choice, str):
        return choice
    if choice in ("attribution", "marginal"):
        return ByLink("attribution" if choice == "attribution" else "marginal")
    if choice not in published_names():
        raise InputError(
            "unknown network model",
            value=choice,
            remedy=f"Use attribution, marginal, or a published one: {', '.join(published_names())}.",
        )
    return _published(published(choice))


def _published(found: Published) -> PerBit:
    return PerBit(found.title, found.up, found.down, None, found.charges_device)


def figure(name: str, value: float | Estimate, unit: str, *, low: float = 0.0) -> Estimate:
    """A constant of a form as the user gives it, checked; a bare number is in ``unit``."""
    found = value.to(unit) if isinstance(value, Estimate) else Estimate.exact(float(value), unit, Provenance.ASSUMED)
    if found.low < low:
        raise InputError(f"{name} must be at least {low:g} {unit}", value=found.low)
    return found
