"""Where a call came from, behind proxies that are trusted and those that are not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address
IPV6_HOME_BITS = 64
"""One customer's share of IPv6: whoever has one address has all that begin like it."""


@dataclass(frozen=True)
class Caller:
    """The client's address, and whether it came by TLS."""

    address: str
    is_tls: bool


def forwarded(
    peer: str, headers: Iterable[tuple[str, str]], trusted: Sequence[str], scheme: str = "http"
) -> Caller:
    """Who called: the peer, or the last one that trusted proxies passed on and that is none.

    peer and scheme: of the connection itself. headers: all of them, one pair a line, as
    `headers.items()` of Starlette tells them. trusted: addresses and networks; from no other peer
    `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    """
    address = _address(peer)
    if address is None or not _is_among(address, trusted):
        return Caller(plain(peer), scheme in ("https", "wss"))
    pairs = [(name.lower(), value) for name, value in headers]
    hops = [hop for name, value in pairs if name == "x-forwarded-for" for hop in value.split(",")]
    schemes = [value for name, value in pairs if name == "x-forwarded-proto"]
    protocol = schemes[-1].split(",")[-1].strip().lower() if schemes else scheme
    return Caller(_last_foreign(hops, address, trusted), protocol in ("https", "wss"))


def plain(address: str) -> str:
    """An address in its usual form; what is none stays as it is."""
    parsed = _address(address)
    return str(parsed) if parsed is not None else address


def home(address: str) -> str:
    """What one client can call from: an IPv4 address, or a network of IPv6."""
    parsed = _address(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, IPV6_HOME_BITS), strict=False))
    return plain(address)


def _last_foreign(hops: Sequence[str], peer: Address, trusted: Sequence[str]) -> str:
    last = peer
    for hop in reversed(hops):
        address = _address(_without_port(hop.strip()))
        if address is None:
            break
        last = address
        if not _is_among(address, trusted):
            break
    return str(last)


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _address(text: str) -> Address | None:
    try:
        parsed = ip_address(text)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed


def _is_among(address: Address, networks: Sequence[str]) -> bool:
    return any(address in ip_network(network, strict=False) for network in networks)
