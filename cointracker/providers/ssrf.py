"""Where a server of the user's own choice may not stand: link-local and metadata addresses.

The address is the one that the connection came to, so a name that resolves to another address the
second time is caught too. Behind a proxy it is the proxy that resolves names: there only an
address written out in the URL is caught.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from cointracker.core.errors import AccessRefused
from cointracker.core.i18n import N_

METADATA = frozenset(
    ip_address(text) for text in ("100.100.100.200", "192.0.0.192", "fd00:ec2::254")
)
"""Metadata services of clouds that are not link-local: Alibaba's, Oracle's, Amazon's over IPv6."""
TRANSLATED = IPv6Network("64:ff9b::/96")
REFUSED = N_("this address is on the server's own network and is not allowed")


def is_forbidden(host: str) -> bool:
    """Whether `host` is an address, and one that is link-local or a cloud's metadata service."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        address = _behind(address)
    return address.is_link_local or address in METADATA


def _behind(address: IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address stands for, if it does for one; without its zone."""
    if address in TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or IPv6Address(int(address))


def guard_against_ssrf(session: requests.Session, source: str, url: str) -> None:
    """Let a session refuse forbidden addresses with AccessRefused, before anything is sent."""
    adapter = _GuardedAdapter(source, is_forbidden(urlsplit(url).hostname or ""))
    session.mount("http://", adapter)
    session.mount("https://", adapter)


class _GuardedAdapter(HTTPAdapter):
    def __init__(self, source: str, is_refused: bool) -> None:
        self._source = source
        self._is_refused = is_refused
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _pool(urllib3.HTTPConnectionPool, self._source),
            "https": _pool(urllib3.HTTPSConnectionPool, self._source),
        }

    def send(self, *args: Any, **options: Any) -> requests.Response:
        if self._is_refused:
            raise AccessRefused(self._source, REFUSED)
        return super().send(*args, **options)


def _pool(plain: Any, source: str) -> Any:
    """`plain` with connections that look at the address they came to."""

    class Connection(plain.ConnectionCls):  # type: ignore[misc]
        def _new_conn(self) -> socket.socket:
            connected: socket.socket = super()._new_conn()
            if is_forbidden(connected.getpeername()[0]):
                connected.close()
                raise AccessRefused(source, REFUSED)
            return connected

    return type("GuardedPool", (plain,), {"ConnectionCls": Connection})
