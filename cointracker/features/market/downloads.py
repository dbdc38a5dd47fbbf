"""A ranking as a table for files, with the snapshot and the weights in it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from cointracker.features.market.rankings import RankingView
from cointracker.ranking.factors import WEIGHT_COLUMNS


def table(view: RankingView, columns: Sequence[str]) -> pd.DataFrame:
    """The view's rows with `columns` and, behind them, what they were ranked under.

    Adds snapshot_at (UTC), source, quote_currency and weight_* of each factor.
    """
    snapshot = view.snapshot
    weights = dict(zip(WEIGHT_COLUMNS, view.weights, strict=True))
    return (
        view.frame[list(columns)]
        .assign(
            snapshot_at=pd.Timestamp(snapshot.at),
            source=snapshot.source,
            quote_currency=snapshot.quote_currency,
            **weights,
        )
        .reset_index(drop=True)
    )
