"""The weights panel over a synthetic market, as a bare Streamlit page: `?coins=1000`.

Everything is as in the dashboard except that the market comes from no database.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import streamlit as st

from cointracker import services
from cointracker.config import Settings
from cointracker.ranking.factors import FACTORS
from cointracker.ranking.score import rank_coins
from cointracker.ranking.sensitivity import RankBands, rank_bands
from cointracker.ranking.weights import DEFAULT_WEIGHTS, Weights
from cointracker.services.access import NOBODY, Mode
from cointracker.services.market import RankingView, Snapshot
from cointracker.services.weights import BUILT_IN, Preset
from cointracker.ui import theme
from cointracker.ui.weights import panel

GAPS = 0.05


class SyntheticMarket:
    """What the panel asks of the market, for coins of chance with a fixed seed."""

    def __init__(self, coins: int) -> None:
        chance = np.random.default_rng(1)
        factors = chance.uniform(0, 100, (coins, len(FACTORS)))
        factors[chance.random(factors.shape) < GAPS] = np.nan
        self._factors = factors
        self._rows = pd.DataFrame(
            {
                "coin_id": [f"coin-{number:05d}" for number in range(coins)],
                "symbol": [f"C{number}" for number in range(coins)],
                "name": [f"Coin {number}" for number in range(coins)],
                "market_cap": chance.lognormal(20, 2, coins),
                **{f"factor_{name}": factors[:, k] for k, name in enumerate(FACTORS)},
            }
        )
        self._ties: dict[str, Any] = {
            "cap": self._rows["market_cap"].to_numpy(),
            "coin_ids": self._rows["coin_id"].to_numpy(dtype=np.str_),
        }
        at = datetime(2026, 1, 1, tzinfo=UTC)
        self._snapshot = Snapshot(1, at, "synthetic", "usd", "classic", 7, DEFAULT_WEIGHTS, coins)

    def ranking(
        self, _at: datetime | None = None, weights: Weights = DEFAULT_WEIGHTS
    ) -> RankingView:
        """The market under weights, best first."""
        ranking = rank_coins(self._factors, weights, **self._ties)
        frame = self._rows.assign(rank=ranking.rank, score=ranking.score)
        return RankingView(self._snapshot, weights, frame.iloc[ranking.order])

    def bands(self, view: RankingView) -> RankBands:
        """The bands of a view's coins, best first."""
        bands = rank_bands(self._factors, view.weights, **self._ties)
        rows = view.frame.index.to_numpy()
        return RankBands(bands.low[rows], bands.high[rows])


class FixedWeights:
    """Weights that nobody saves."""

    def default(self) -> Weights:
        """The built-in ones."""
        return DEFAULT_WEIGHTS

    def presets(self) -> list[Preset]:
        """The built-in ones."""
        return list(BUILT_IN)


@lru_cache(maxsize=4)
def market(coins: int) -> SyntheticMarket:
    """The market of so many coins."""
    return SyntheticMarket(coins)


st.set_page_config(layout="wide")
serving = services.Services(
    market=cast("Any", market(int(st.query_params.get("coins", "100")))),
    weights=cast("Any", FixedWeights()),
    monitoring=cast("Any", None),
    coins=cast("Any", None),
    coin_data=cast("Any", None),
    retention=cast("Any", None),
    settings=cast("Any", SimpleNamespace(current=Settings)),
    health=cast("Any", None),
    accounts=cast("Any", None),
    sessions=cast("Any", SimpleNamespace(principal=lambda *_of: NOBODY)),
    tokens=cast("Any", None),
    audit=cast("Any", None),
    access=lambda: Mode.PUBLIC_READ,
    try_live=lambda **_by: None,
    language="en",
)
services.install(serving)
theme.apply()
panel.show(serving.market.ranking())
