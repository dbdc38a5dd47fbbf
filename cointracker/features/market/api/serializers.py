"""From frames to the API's answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from cointracker.core.i18n import Language
from cointracker.features.market.api.schemas import Coin, CoinDetail
from cointracker.features.market.rankings import RankingView
from cointracker.features.market.reasons import causes, sentences
from cointracker.providers.base import CoinDetails

LISTED = [
    "number",
    "coin_id",
    "symbol",
    "name",
    "price",
    "change_24h_pct",
    "volume_24h",
    "volume_change_24h_pct",
    "market_cap",
    "rank",
    "score",
    "standing",
    "observed_at",
]
"""What of a ranking goes into its list."""


def coins(frame: pd.DataFrame, reader: Language) -> list[Coin]:
    """The rows of a ranking as coins, in their order."""
    return [Coin(**fields) for fields in _coins(frame, reader)]


def detail(
    view: RankingView, facts: pd.Series, details: CoinDetails | None, reader: Language
) -> CoinDetail:
    """The one coin in `view` with its stored facts and details."""
    row = view.frame.iloc[0]
    (fields,) = _coins(view.frame, reader)
    return CoinDetail(
        **fields,
        price_change_percentage_7d=known_value(row["change_7d_pct"]),
        price_change_percentage_30d=known_value(row["change_30d_pct"]),
        market_cap_rank=known_value(row["market_cap_rank"]),
        circulating_supply=known_value(facts["circulating_supply"]),
        total_supply=known_value(facts["total_supply"]),
        max_supply=known_value(facts["max_supply"]),
        ath=known_value(facts["ath"]),
        ath_change_percentage=known_value(facts["ath_change_pct"]),
        ath_date=known_value(facts["ath_at"]),
        atl=known_value(facts["atl"]),
        atl_change_percentage=known_value(facts["atl_change_pct"]),
        atl_date=known_value(facts["atl_at"]),
        description=(details.description or None) if details else None,
        homepage=details.homepage if details else None,
        blockchain_site=details.blockchain_site if details else None,
        github_url=details.github_url if details else None,
    )


def _coins(frame: pd.DataFrame, reader: Language) -> list[dict[str, Any]]:
    reasons = sentences(causes(frame, reader), reader)
    return [
        {
            "id": int(row["number"]),
            "coin_id": row["coin_id"],
            "symbol": row["symbol"],
            "name": row["name"],
            "current_price": known_value(row["price"]),
            "price_change_24h": known_value(_absolute(row["price"], row["change_24h_pct"])),
            "price_change_percentage_24h": known_value(row["change_24h_pct"]),
            "volume_24h": known_value(row["volume_24h"]),
            "volume_change_24h": known_value(row["volume_change_24h_pct"]),
            "market_cap": known_value(row["market_cap"]),
            "rank": int(row["rank"]) or None,
            "rank_score": known_value(row["score"]),
            "standing": known_value(row["standing"]),
            "last_updated": row["observed_at"],
            "rank_reason": reason,
        }
        for row, reason in zip(frame[LISTED].to_dict("records"), reasons, strict=True)
    ]


def _absolute(price: float, change_pct: float) -> float:
    """The change in the quote currency behind a change in percent; NaN at -100 %."""
    return price * change_pct / (100.0 + change_pct) if change_pct > -100 else float("nan")


def known(record: Mapping[Any, Any]) -> dict[str, Any]:
    """A record with None for what is missing or too large to be written."""
    return {str(name): known_value(value) for name, value in record.items()}


def known_value(value: Any) -> Any:
    """The value, None where it is missing or too large to be written."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return None if pd.isna(value) else value
