"""Who may ask: pages of other sites must not reach the dashboard under a name of their own (DNS rebinding)."""

from __future__ import annotations

import socket
from ipaddress import ip_address

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_EVERYWHERE = frozenset({"0.0.0.0", "::", ""})


def is_local(address: str) -> bool:
    """Whether an address to bind reaches this machine alone."""
    try:
        return address == "localhost" or ip_address(address).is_loopback
    except ValueError:
        return False


def allowed(host: str | None, address: str) -> bool:
    """Whether a request with this Host header is meant for a server bound to ``address``.

    A name that is not this machine's is refused: a rebound name is all that tells such a request apart. Bound to every
    address, any number is good, because a number cannot be rebound.
    """
    name = _name(host)
    if name is None:
        return False
    if name in _HERE or name == address.lower():
        return True
    if is_local(address):
        return False
    own = socket.gethostname().lower()
    if name in {own, f"{own}.local"}:
        return True
    return address in _EVERYWHERE and _is_number(name)


def _name(host: str | None) -> str | None:
    """The host without its port, in lower case; None for none or one that no browser writes."""
    if not host:
        return None
    if host.startswith("["):
        inside, bracket, port = host[1:].partition("]")
        return inside.lower() if bracket and (not port or _is_port(port)) else None
    name, colon, port = host.partition(":")
    return name.lower() if name and (not colon or _is_port(":" + port)) else None


def _is_port(text: str) -> bool:
    return text[0] == ":" and text[1:].isascii() and text[1:].isdigit()


def _is_number(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
