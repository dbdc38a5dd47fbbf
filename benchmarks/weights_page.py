"""The weights panel over a synthetic market, as a bare Streamlit page: `?coins=1000`.

Everything is as in the dashboard except that the market comes from no database.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from cointracker.bootstrap.features import FEATURES
from cointracker.core import services
from cointracker.core.rights import Mode
from cointracker.core.settings import Settings
from cointracker.features.market.rankings import MarketService, RankingView, Snapshot
from cointracker.features.weights.service import BUILT_IN, Preset, WeightsService
from cointracker.features.weights.ui import panel
from cointracker.ranking.factors import FACTOR_COLUMNS, FACTORS
from cointracker.ranking.score import rank_coins
from cointracker.ranking.sensitivity import RankBands, rank_bands
from cointracker.ranking.weights import DEFAULT_WEIGHTS, Weights
from cointracker.ui import theme
from tests.serving import with_stand_in

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
                **dict(zip(FACTOR_COLUMNS, factors.T, strict=True)),
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
coins = market(int(st.query_params.get("coins", "100")))
serving = services.Services(FEATURES, Settings(language="en"), mode=lambda: Mode.PUBLIC_READ)
serving = with_stand_in(serving, MarketService, coins)
serving = with_stand_in(serving, WeightsService, FixedWeights())
services.install(serving)
theme.apply()
panel.show(coins.ranking())
