"""What several routes answer, field by field; the names are part of the contract."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """The base of every answer: nothing that is not declared leaves the server."""

    model_config = ConfigDict(extra="forbid")


class Asked(BaseModel):
    """The base of every body: nothing that is not declared is taken, no text for a number."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Coin(Answer):
    """One coin of a ranking. A figure that is not known is null, never 0."""

    id: int = Field(description="A short number, stable within one database", examples=[1])
    coin_id: str = Field(description="CoinGecko's id", examples=["bitcoin"])
    symbol: str = Field(examples=["BTC"])
    name: str = Field(examples=["Bitcoin"])
    current_price: float | None = Field(examples=[70_123.0])
    price_change_24h: float | None = Field(description="In the quote currency")
    price_change_percentage_24h: float | None
    volume_24h: float | None
    volume_change_24h: float | None = Field(description="In percent")
    market_cap: float | None
    rank: int | None = Field(description="1 is best; null for a coin without a score")
    rank_score: float | None = Field(description="0 to 100")
    standing: float | None = Field(description="Social standing, 1 is best")
    last_updated: datetime
    rank_reason: str = Field(
        description="In the language that Accept-Language prefers",
        examples=["High because of: market cap (100.0)"],
    )


class CoinDetail(Coin):
    """One coin with its facts; those that no source has told yet are null."""

    price_change_percentage_7d: float | None
    price_change_percentage_30d: float | None
    market_cap_rank: int | None
    circulating_supply: float | None
    total_supply: float | None
    max_supply: float | None
    ath: float | None = Field(description="The highest price of all time")
    ath_change_percentage: float | None
    ath_date: datetime | None
    atl: float | None = Field(description="The lowest price of all time")
    atl_change_percentage: float | None
    atl_date: datetime | None
    description: str | None = None
    homepage: str | None = None
    blockchain_site: str | None = None
    github_url: str | None = None


class CoinPage(Answer):
    """One page of a ranking, best coins first, unranked ones last."""

    count: int
    next: str | None
    previous: str | None
    results: list[Coin]


class Health(Answer):
    """Whether the server lives, and whether it has something to show."""

    status: str = Field(description="ok, late, failing or starting", examples=["ok"])
    ready: bool = Field(description="Whether there is a snapshot to serve")
    source: str = Field(examples=["coingecko"])
    simulated: bool
    snapshot_at: datetime | None
    age_seconds: float | None
    last_error: str | None


class Done(Answer):
    """That something was done, in words."""

    status: Literal["success"] = "success"
    message: str


class Invalid(Answer):
    """What was wrong with a request, by the name of the field."""

    status: Literal["error"] = "error"
    message: str = Field(examples=["The request has invalid values."])
    errors: dict[str, list[str]] = Field(examples=[{"page": ["must be 1 or more"]}])


class Detail(Answer):
    """Why there is no answer."""

    detail: str


REFUSED_BY_SOURCE: dict[int | str, dict[str, Any]] = {
    502: {"model": Detail, "description": "A source failed"}
}
