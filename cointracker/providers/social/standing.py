"""Social standing by symbol: addresses of the user's own choice, or LunarCrush."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import requests
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from cointracker.core.clock import Clock, utc_now
from cointracker.core.errors import MalformedAnswer
from cointracker.core.i18n import N_
from cointracker.providers.base import Indicator, Priority, Rejection, StandingAnswer
from cointracker.providers.http import JsonClient, Limits
from cointracker.providers.markets import Identity, Plausible, rejection
from cointracker.providers.ssrf import guard_against_ssrf
from cointracker.providers.text import readable

FIRST, SECOND, LUNARCRUSH = "standing-1", "standing-2", "lunarcrush"
LUNARCRUSH_URL = "https://lunarcrush.com/api4"
LUNARCRUSH_PATH = "/public/coins/list/v2?sort=market_cap_rank&limit=1000"
LIMITS = Limits(read_seconds=30.0, total_seconds=30.0, body_bytes=2 * 1024 * 1024)
MAX_ROWS = 10_000


def _named(value: object) -> object:
    """None for an id that is empty, as if it had been left out; others as they are."""
    return None if isinstance(value, str) and not readable(value) else value


class IndicatorPayload(BaseModel):
    """One element of `indicators`. Strict: a number in quotes is no number."""

    model_config = ConfigDict(strict=True)

    symbol: Identity
    standing: Annotated[float, Field(gt=0, allow_inf_nan=False), Plausible]
    score: Annotated[float, Field(allow_inf_nan=False), Plausible] | None = None
    id: Annotated[Identity | None, BeforeValidator(_named)] = None

    def indicator(self) -> Indicator:
        """The row as our own record."""
        return Indicator(self.symbol.upper(), self.standing, self.score, self.id)


@dataclass(frozen=True)
class StandingClient:
    """One source of standing through the client handed in; one call brings every symbol.

    rows_at: the key of the answer under which the rows are. names: what the rows call our fields,
    where it is another name.
    """

    client: JsonClient
    path: str = ""
    rows_at: str = "indicators"
    names: Mapping[str, str] | None = None

    @property
    def name(self) -> str:
        """What rows and log call it."""
        return self.client.source

    @property
    def fingerprint(self) -> str:
        """Differs between two addresses, and gives neither away."""
        return hashlib.sha256((self.client.base_url + self.path).encode()).hexdigest()

    def fetch_indicators(self) -> StandingAnswer:
        """What it says now. Raises SourceError when there is no valid row."""
        answer = self.client.get(self.path, priority=Priority.STANDING)
        rows = answer.get(self.rows_at) if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise MalformedAnswer(self.name, f"no list of {self.rows_at!r} in the answer")
        indicators, rejections = read_indicators(self._ours(row) for row in rows)
        if not indicators:
            raise MalformedAnswer(self.name, N_("no usable row") if rows else N_("an empty list"))
        return StandingAnswer(self.name, self.client.clock(), indicators, rejections)

    def close(self) -> None:
        """Close the session's connections."""
        self.client.session.close()

    def _ours(self, row: Any) -> Any:
        """A row under our names; what is no object stays as it is, to be refused."""
        if self.names is None or not isinstance(row, dict):
            return row
        return {ours: row[theirs] for ours, theirs in self.names.items() if theirs in row}


def read_indicators(
    rows: Iterable[Any],
) -> tuple[tuple[Indicator, ...], tuple[Rejection, ...]]:
    """The rows that hold, in their order, and what was wrong with each of the others.

    The first of two rows for one symbol and id is taken. Rows beyond `MAX_ROWS` are refused
    together, as one.
    """
    indicators: dict[tuple[str, str | None], Indicator] = {}
    rejections: list[Rejection] = []
    for position, row in enumerate(rows):
        if position == MAX_ROWS:
            rejections.append(_too_many(position))
            break
        try:
            indicator = IndicatorPayload.model_validate(row).indicator()
        except ValidationError as exc:
            rejections.append(rejection(position, row, exc))
            continue
        key = (indicator.symbol, indicator.coin_id)
        if indicators.setdefault(key, indicator) is not indicator:
            twice = Rejection(position, indicator.coin_id, "symbol", indicator.symbol, "came twice")
            rejections.append(twice)
    return tuple(indicators.values()), tuple(rejections)


def _too_many(position: int) -> Rejection:
    return Rejection(position, None, "row", "…", f"more than {MAX_ROWS} rows")


def connect(
    name: str,
    url: str,
    *,
    session: requests.Session,
    limits: Limits = LIMITS,
    clock: Clock = utc_now,
) -> StandingClient:
    """The source of standing at `url`, which may hold a query; name: `FIRST` or `SECOND`.

    The session will refuse link-local and metadata addresses from now on.
    """
    guard_against_ssrf(session, name, url)
    return StandingClient(
        JsonClient(
            source=name,
            base_url=url,
            session=session,
            headers={"accept": "application/json"},
            limits=limits,
            clock=clock,
        )
    )


def connect_lunarcrush(
    key: str,
    *,
    session: requests.Session,
    base_url: str = LUNARCRUSH_URL,
    limits: Limits = LIMITS,
    clock: Clock = utc_now,
) -> StandingClient:
    """LunarCrush's list of coins: its rank among all coins is the standing, its score the score.

    The largest coins come first, so of two with one symbol the larger is taken.
    """
    client = JsonClient(
        source=LUNARCRUSH,
        base_url=base_url,
        session=session,
        headers={"accept": "application/json", "Authorization": f"Bearer {key}"},
        limits=limits,
        clock=clock,
    )
    names = {"symbol": "symbol", "standing": "alt_rank", "score": "galaxy_score"}
    return StandingClient(client, LUNARCRUSH_PATH, "data", names)
