"""Checks of CoinGecko's `/coins/markets` body, row by row: one bad coin costs no other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from cointracker.providers.base import MarketRow, Rejection
from cointracker.providers.text import readable

TEXT_CHARS = 120
SMALLEST, LARGEST = 1e-60, 1e60
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


def _cleaned(value: object) -> object:
    """Text that can be read and stored; other values as they are."""
    return readable(value) if isinstance(value, str) else value


def _instant(value: object) -> object:
    """ISO text as an aware UTC instant; other values as they are, to be refused."""
    if not isinstance(value, str):
        return value
    instant = datetime.fromisoformat(value)
    aware = instant.replace(tzinfo=instant.tzinfo or UTC)
    if not EARLIEST <= aware < LATEST:
        raise ValueError("must lie in the years 1970 to 9998")
    return aware.astimezone(UTC)


def _plausible(value: float) -> float:
    """0, or a number whose ratios and squares are still numbers; ValueError for others."""
    if value and not SMALLEST <= abs(value) <= LARGEST:
        raise ValueError(f"must be 0 or lie between {SMALLEST} and {LARGEST}")
    return value


Plausible = AfterValidator(_plausible)
Identity = Annotated[str, BeforeValidator(_cleaned), Field(min_length=1, max_length=200)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False), Plausible]
Price = Annotated[float, Field(gt=0, allow_inf_nan=False), Plausible]
Percent = Annotated[float, Field(ge=-100, allow_inf_nan=False), Plausible]
Instant = Annotated[datetime, BeforeValidator(_instant)]


class Sparkline(BaseModel):
    """Seven days of about hourly prices, oldest first; a value that is no price is dropped."""

    model_config = ConfigDict(strict=True)

    price: list[Any] = []

    def prices(self) -> tuple[float | None, ...]:
        """The prices, None where the value is no plausible price."""
        return tuple(
            float(value)
            if isinstance(value, int | float)
            and not isinstance(value, bool)
            and SMALLEST <= value <= LARGEST
            else None
            for value in self.price
        )


class MarketPayload(BaseModel):
    """One element of `/coins/markets`. Strict: a number in quotes is no number."""

    model_config = ConfigDict(strict=True)

    id: Identity
    symbol: Identity
    name: Identity
    image: Annotated[Any, BeforeValidator(_cleaned)] = None
    current_price: Price | None = None
    market_cap: Amount | None = None
    market_cap_rank: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    fully_diluted_valuation: Amount | None = None
    total_volume: Amount | None = None
    circulating_supply: Amount | None = None
    total_supply: Amount | None = None
    max_supply: Amount | None = None
    ath: Amount | None = None
    ath_change_percentage: Percent | None = None
    ath_date: Instant | None = None
    atl: Amount | None = None
    atl_change_percentage: Percent | None = None
    atl_date: Instant | None = None
    last_updated: Instant | None = None
    price_change_percentage_24h: Percent | None = None
    price_change_percentage_1h_in_currency: Percent | None = None
    price_change_percentage_24h_in_currency: Percent | None = None
    price_change_percentage_7d_in_currency: Percent | None = None
    price_change_percentage_30d_in_currency: Percent | None = None
    sparkline_in_7d: Sparkline | None = None

    def market(self, fetched_at: datetime) -> MarketRow:
        """The row as our own record. A missing or future `last_updated` means `fetched_at`."""
        change_24h = self.price_change_percentage_24h_in_currency
        return MarketRow(
            coin_id=self.id,
            symbol=self.symbol.upper(),
            name=self.name,
            updated_at=min(self.last_updated or fetched_at, fetched_at),
            price=self.current_price,
            volume_24h=self.total_volume,
            market_cap=self.market_cap,
            market_cap_rank=self.market_cap_rank or None,
            change_1h_pct=self.price_change_percentage_1h_in_currency,
            change_24h_pct=self.price_change_percentage_24h if change_24h is None else change_24h,
            change_7d_pct=self.price_change_percentage_7d_in_currency,
            change_30d_pct=self.price_change_percentage_30d_in_currency,
            image_url=self.image if isinstance(self.image, str) else None,
            fully_diluted_valuation=self.fully_diluted_valuation,
            circulating_supply=self.circulating_supply,
            total_supply=self.total_supply,
            max_supply=self.max_supply,
            ath=self.ath,
            ath_change_pct=self.ath_change_percentage,
            ath_at=self.ath_date,
            atl=self.atl,
            atl_change_pct=self.atl_change_percentage,
            atl_at=self.atl_date,
            sparkline=self.sparkline_in_7d.prices() if self.sparkline_in_7d else (),
        )


def read_markets(
    rows: Iterable[Any], fetched_at: datetime
) -> tuple[tuple[MarketRow, ...], tuple[Rejection, ...]]:
    """The rows that hold, in their order, and what was wrong with each of the others."""
    markets: dict[str, MarketRow] = {}
    rejections: list[Rejection] = []
    for position, row in enumerate(rows):
        try:
            payload = MarketPayload.model_validate(row)
        except ValidationError as exc:
            rejections.append(rejection(position, row, exc))
            continue
        if payload.id in markets:
            rejections.append(Rejection(position, payload.id, "id", payload.id, "came twice"))
        else:
            markets[payload.id] = payload.market(fetched_at)
    return tuple(markets.values()), tuple(rejections)


def has_usable(rows: Iterable[Any]) -> bool:
    """Whether one of the rows holds."""
    for row in rows:
        try:
            MarketPayload.model_validate(row)
        except ValidationError:
            continue
        return True
    return False


def rejection(position: int, row: Any, error: ValidationError, within: str = "") -> Rejection:
    """Why a row was refused: the first thing wrong with it; within: the part that was checked."""
    return rejected(position, row, error.errors(include_url=False)[0], within)


def rejected(position: int, row: Any, error: Mapping[str, Any], within: str = "") -> Rejection:
    """What pydantic found wrong in one place of a row, in words that can be shown."""
    coin_id = row.get("id") if isinstance(row, dict) else None
    path = [within] if within else []
    return Rejection(
        position=position,
        coin_id=_short(coin_id) if isinstance(coin_id, str) else None,
        field=_short(".".join([*path, *(str(part) for part in error["loc"])])) or "row",
        value=_short(error["input"]),
        reason=_short(error["msg"]),
    )


def _short(value: Any) -> str:
    text = readable(value if isinstance(value, str) else repr(value))
    return text if len(text) <= TEXT_CHARS else text[: TEXT_CHARS - 1] + "…"
