"""What the API tells of coins, field by field; the names are part of the contract."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from cointracker.api.schemas import ResponseModel


class Coin(ResponseModel):
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
        description="In the language of Accept-Language",
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


class CoinPage(ResponseModel):
    """One page of a ranking, best coins first, unranked ones last."""

    count: int
    next: str | None
    previous: str | None
    results: list[Coin]
