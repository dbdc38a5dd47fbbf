"""JSON over HTTP: one session handed in, every call bounded, every failure one of our errors.

Retries and call budgets go around `JsonClient.get`, see `policy`; its callers do not care.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests
import urllib3

from cointracker.core.clock import Clock, utc_now
from cointracker.core.errors import (
    AccessRefused,
    MalformedAnswer,
    NotFound,
    RateLimited,
    SourceError,
    SourceUnavailable,
    SourceUnreachable,
)
from cointracker.core.i18n import N_
from cointracker.providers import deadlines
from cointracker.providers.base import Priority
from cointracker.providers.text import readable

CHUNK_BYTES = 64 * 1024
TOO_LONG = N_("the calls took too long in total")
MESSAGE_CHARS = 300


@dataclass(frozen=True)
class Limits:
    """Bounds of one call, in seconds and bytes."""

    connect_seconds: float = 5.0
    read_seconds: float = 15.0
    total_seconds: float = 30.0
    body_bytes: int = 20 * 1024 * 1024


def new_session(*, use_proxies: bool = True) -> requests.Session:
    """A session; with `use_proxies` it goes through those that HTTPS_PROXY and NO_PROXY name."""
    session = requests.Session()
    session.trust_env = use_proxies
    return session


def as_it_is(payload: Any) -> Any:
    """The payload, whatever it is."""
    return payload


@dataclass(frozen=True)
class JsonClient:
    """Gets JSON from one provider. `headers` may hold a key: it is sent and never logged."""

    source: str
    base_url: str
    session: requests.Session
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    limits: Limits = Limits()
    clock: Clock = utc_now

    def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        priority: Priority = Priority.MARKETS,
        read: Callable[[Any], Any] = as_it_is,
    ) -> Any:
        """What `read` makes of the decoded body of base_url + path.

        Raises a SourceError, see cointracker.errors; `read` may raise one too, so that an answer
        that is JSON and yet useless counts as one that failed.
        """
        left = deadlines.left()
        if left <= 0:
            raise SourceUnreachable(self.source, TOO_LONG)
        deadline = time.monotonic() + min(self.limits.total_seconds, left)
        with self._translated():
            response = self.session.get(
                self.base_url + path,
                params=dict(params or {}),
                headers=dict(self.headers),
                timeout=(
                    min(self.limits.connect_seconds, left),
                    min(self.limits.read_seconds, left),
                ),
                stream=True,
                allow_redirects=False,
            )
            with response:
                body = self._body(response, deadline)
        return read(self._decoded(response, body))

    def _body(self, response: requests.Response, deadline: float) -> bytes:
        """The whole body, or an error when it takes too long or grows too large.

        Reads what is there: iter_content would wait for a whole chunk, however slowly it comes.
        """
        body = bytearray()
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > self.limits.body_bytes:
                raise MalformedAnswer(self.source, f"more than {self.limits.body_bytes} bytes")
            if time.monotonic() > deadline:
                raise SourceUnreachable(self.source, N_("the response took too long"))
        return bytes(body)

    def _decoded(self, response: requests.Response, body: bytes) -> Any:
        """The payload, or the error that body and status tell: the body is read first."""
        try:
            payload = json.loads(body, parse_int=_whole_number) if body.strip() else None
        except (ValueError, RecursionError) as exc:
            if response.status_code < 400:
                raise MalformedAnswer(self.source, _not_json(body), is_broken=True) from exc
            payload = None
        code, message = error_in(payload)
        status = response.status_code if response.status_code >= 300 else code or 200
        if status < 300 and not message:
            if payload is None:
                raise MalformedAnswer(self.source, N_("an empty response"), is_broken=True)
            return payload
        raise self._error(status, code, message or _not_json(body), response.headers)

    def _error(
        self, status: int, code: int | None, message: str, headers: Mapping[str, str]
    ) -> SourceError:
        """The error for an HTTP status, or an error code in its place; see docs/sources.md."""
        problem = f"{self._discreet(message)} ({code if code is not None else status})"
        if status == 429:
            return RateLimited(self.source, problem, _wait_seconds(headers, self.clock()))
        if status in (401, 403) or (code is not None and 10_000 <= code < 11_000):
            return AccessRefused(self.source, problem)
        if status == 404:
            return NotFound(self.source, problem)
        if status >= 500:
            return SourceUnavailable(self.source, problem)
        return MalformedAnswer(self.source, problem)

    def _discreet(self, message: str) -> str:
        """A source's message on one line, cut to length, without the key if it repeats it."""
        for value in self.headers.values():
            message = message.replace(value, "…").replace(value.removeprefix("Bearer "), "…")
        return readable(" ".join(message.split()))[:MESSAGE_CHARS]

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as exc:
            raise SourceUnreachable(self.source, N_("no response in time")) from exc
        except urllib3.exceptions.ProtocolError as exc:
            raise MalformedAnswer(
                self.source, N_("the response was cut off"), is_broken=True
            ) from exc
        except urllib3.exceptions.DecodeError as exc:
            raise MalformedAnswer(
                self.source, N_("the response could not be decompressed"), is_broken=True
            ) from exc
        except requests.ConnectionError as exc:
            raise SourceUnreachable(self.source, N_("no connection")) from exc
        except (requests.RequestException, urllib3.exceptions.HTTPError) as exc:
            raise SourceUnreachable(self.source, type(exc).__name__) from exc


def error_in(payload: Any) -> tuple[int | None, str]:
    """The error code and message that a body carries; (None, "") for a body without one.

    Shapes: {"status": {"error_code", "error_message"}}, {"error": {"status": {...}}},
    {"error": "..."} and {"status": 500, "error": "..."}. Source: docs/sources.md.
    """
    if not isinstance(payload, dict):
        return None, ""
    error, status = payload.get("error"), payload.get("status")
    if isinstance(error, dict):
        status = error.get("status")
    if isinstance(status, dict) and ("error_code" in status or "error_message" in status):
        return _whole(status.get("error_code")), str(status.get("error_message") or "no message")
    if isinstance(error, str):
        return _whole(status), error
    return None, ""


def _whole_number(digits: str) -> int | float:
    """A whole number of any length; one too long for an int is one that no check lets pass."""
    return int(digits) if len(digits) < 400 else float(digits)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _not_json(body: bytes) -> str:
    start = body[:200].decode("utf-8", "replace").strip().lower()
    if not start:
        return N_("an empty response")
    if start.startswith(("<!doctype", "<html", "<")):
        return N_("a web page instead of data")
    return N_("a body that is not JSON, or cut off")


def _wait_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long a 429 asks to wait; None when it does not say, or says what cannot be read."""
    after = headers.get("retry-after", "")
    if after.isascii() and after.isdigit() and len(after) < 10:
        return float(after)
    try:
        reset = datetime.strptime(headers.get("x-ratelimit-reset", ""), "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        return None
    return max(0.0, (reset - now).total_seconds())
