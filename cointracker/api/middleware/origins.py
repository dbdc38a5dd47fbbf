"""Which pages may write in a user's name: a browser says which one a call comes from."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}


def is_allowed(origin: str | None, host: str | None, others: Collection[str] = ()) -> bool:
    """Whether a call from a page of `origin` to `host` (headers) is let in.

    Programs have no origin and are. So are pages of the same host and port, whatever scheme a proxy
    made of theirs, and those of `others`, as `https://coins.example.com`.
    """
    if origin is None:
        return True
    if origin.lower() in {other.lower().rstrip("/") for other in others}:
        return True
    try:
        parts = urlsplit(origin)
        requested = urlsplit(f"//{host or ''}")
        default = PORTS[parts.scheme]
        same_port = (parts.port or default) == (requested.port or default)
    except (ValueError, KeyError):
        return False
    return bool(parts.hostname) and parts.hostname == requested.hostname and same_port
