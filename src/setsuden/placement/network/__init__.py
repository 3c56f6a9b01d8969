"""Energy of moving data: device radios, networks in two views, and the coefficients that papers and tools use."""

from setsuden.placement.network.link import LINKS, Link, link
from setsuden.placement.network.published import Published, published, published_names
from setsuden.placement.network.radio import RADIOS, Radio, radio
from setsuden.placement.network.speed import TECHNOLOGIES, Speed, speed, technology_of
from setsuden.placement.network.transfer import VIEWS, Transfer, View, transfer

__all__ = [
    "LINKS",
    "RADIOS",
    "TECHNOLOGIES",
    "VIEWS",
    "Link",
    "Published",
    "Radio",
    "Speed",
    "Transfer",
    "View",
    "link",
    "published",
    "published_names",
    "radio",
    "speed",
    "technology_of",
    "transfer",
]
