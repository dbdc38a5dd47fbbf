"""One answer of a source stored and ranked, inside the transaction that is handed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from cointracker.analysis.series import OBSERVED, SPARKLINE
from cointracker.features.market.store import coins, observations, snapshots, standings
from cointracker.providers.base import MarketBatch, MarketRow
from cointracker.ranking import stability
from cointracker.ranking.factors import (
    FACTOR_COLUMNS,
    FACTOR_KEYS,
    WEIGHT_COLUMNS,
    FloatArray,
    factor_matrix,
    relative_change_pct,
)
from cointracker.ranking.score import rank_coins
from cointracker.ranking.stability import (
    DAY,
    DAY_TOLERANCE,
    HOUR,
    HOUR_TOLERANCE,
    BoolArray,
    Stability,
)
from cointracker.ranking.weights import DEFAULT_WEIGHTS, Weights
from cointracker.storage.database import Session

MICROSECOND = timedelta(microseconds=1)
SPARKLINE_SPAN = timedelta(days=7)


@dataclass(frozen=True)
class RankingOptions:
    """How snapshots are ranked: weights, stability model and its window, the factors there are."""

    weights: Weights = DEFAULT_WEIGHTS
    stability_model: str = "classic"
    history_days: int = 7
    factors: tuple[str, ...] = FACTOR_KEYS


def store(
    session: Session,
    refresh_id: int,
    batch: MarketBatch,
    ranks: Mapping[str, float],
    options: RankingOptions,
) -> None:
    """Store a batch and the standings in `ranks` (by coin id), then rank its coins."""
    markets = pd.DataFrame(map(vars, batch.markets)).drop(columns="sparkline")
    markets["position"] = range(len(markets))
    markets["updated_at"] = _own_instants(session, batch, markets)
    _store_markets(session, batch, markets)
    _store_standings(session, batch, ranks)
    ranked = _ranked(session, batch, markets, options)
    ranked.insert(0, "refresh_id", refresh_id)
    snapshots.add(session, _head(refresh_id, batch, options), ranked)


def _own_instants(session: Session, batch: MarketBatch, markets: pd.DataFrame) -> pd.Series:
    """When each coin was updated, a microsecond later where another source's figures stand.

    A coin and an instant name one observation, and the figures of one are of one source.
    """
    rows = markets[["coin_id"]].assign(
        observed_at=pd.to_datetime(markets["updated_at"], utc=True), source=batch.source
    )
    is_taken = observations.others_instants(session, rows)
    moved: pd.Series = rows["observed_at"].where(~is_taken, rows["observed_at"] + MICROSECOND)
    return moved


def _store_markets(session: Session, batch: MarketBatch, markets: pd.DataFrame) -> None:
    if batch.stands_in_for is None:  # another's facts do not replace the main source's
        facts = _numbers(markets.rename(columns={"updated_at": "seen_at"}), coins.FACT_COLUMNS)
        coins.add(session, _instants(facts, "seen_at", "ath_at", "atl_at"))
    rows = markets.rename(columns={"updated_at": "observed_at"})
    rows = rows.assign(source=batch.source, kind=OBSERVED)
    rows = _numbers(rows[list(observations.COLUMNS)], observations.FIGURE_COLUMNS)
    observations.add(session, _instants(rows, "observed_at"))
    until = batch.fetched_at
    known = observations.hours_known(session, until - SPARKLINE_SPAN, until)
    gaps = [m for m in batch.markets if known.get(m.coin_id, 0) < len(m.sparkline)]
    observations.fill(session, sparkline_rows(batch.source, gaps))


def _store_standings(session: Session, batch: MarketBatch, ranks: Mapping[str, float]) -> None:
    if ranks:
        rows = pd.DataFrame({"coin_id": list(ranks), "standing": list(ranks.values())})
        rows["standing_at"] = pd.Timestamp(batch.fetched_at)
        standings.add(session, rows.assign(source=batch.source))


def sparkline_rows(source: str, markets: Sequence[MarketRow]) -> pd.DataFrame:
    """The sparklines of markets as observations one hour apart (`observations.COLUMNS`).

    The last point of a sparkline is the price at the coin's own instant and is left out: it is
    there as an observation. Source: docs/sources.md.
    """
    points = [
        (market.coin_id, market.updated_at - hours_back * HOUR, price)
        for market in markets
        for hours_back, price in enumerate(reversed(market.sparkline))
        if price is not None and hours_back > 0
    ]
    rows = pd.DataFrame(points, columns=["coin_id", "observed_at", "price"])
    rows = rows.assign(source=source, kind=SPARKLINE)
    rows = rows.reindex(columns=observations.COLUMNS)
    return _instants(_numbers(rows, observations.FIGURE_COLUMNS), "observed_at")


def _ranked(
    session: Session, batch: MarketBatch, markets: pd.DataFrame, options: RankingOptions
) -> pd.DataFrame:
    """The rows of `rankings` for the markets, without their refresh_id."""
    ends = markets[["coin_id"]].assign(end_at=pd.to_datetime(markets["updated_at"], utc=True))
    classic, robust, pegged = _stability(session, ends, options.history_days)
    steady = robust if options.stability_model == "robust" else classic
    known = standings.latest(session, batch.fetched_at).set_index("coin_id")["standing"]
    figures = _numbers(markets, (*observations.FIGURE_COLUMNS, "volume_change_24h_pct"))
    rows = markets[["coin_id", "symbol", "name", "market_cap_rank"]].assign(
        observed_at=ends["end_at"],
        market_cap_rank=pd.to_numeric(markets["market_cap_rank"]).astype("Int32"),
        volume_change_24h_pct=_volume_change(session, batch.source, ends, figures),
        standing=known.reindex(markets["coin_id"]).to_numpy(dtype=np.float64),
        stability_samples=steady.samples,
        stability_classic=classic.score,
        daily_changes=classic.samples,
        stability_robust=robust.score,
        hourly_prices=robust.samples,
        pegged=pegged,
    )
    factors = factor_matrix(
        {name: figures[name].to_numpy() for name in observations.FIGURE_COLUMNS}
        | {name: rows[name].to_numpy() for name in ("volume_change_24h_pct", "standing")}
        | {"stability": steady.score}
    )
    factors[:, [key not in options.factors for key in FACTOR_KEYS]] = np.nan
    ranking = rank_coins(
        factors,
        options.weights,
        cap=figures["market_cap"].to_numpy(),
        coin_ids=markets["coin_id"].to_numpy(dtype=np.str_),
    )
    return rows.assign(
        **dict(zip(FACTOR_COLUMNS, factors.T, strict=True)),
        score=ranking.score,
        coverage=ranking.coverage,
        rank=ranking.rank,
    )


def _stability(
    session: Session, ends: pd.DataFrame, days: int
) -> tuple[Stability, Stability, BoolArray]:
    """Each coin's stability by the classic and by the robust model, and whether it is pegged."""
    daily = observations.nearest(
        session, ends, "price", step=DAY, steps=days, tolerance=DAY_TOLERANCE
    )
    hourly = observations.nearest(
        session, ends, "price", step=HOUR, steps=days * 24, tolerance=HOUR_TOLERANCE
    )
    classic = stability.classic(stability.daily_changes_pct(daily))
    pegged = stability.is_pegged(np.hstack([daily, hourly]))
    return classic, stability.robust(hourly), pegged


def _volume_change(
    session: Session, source: str, ends: pd.DataFrame, figures: pd.DataFrame
) -> FloatArray:
    """Change of the volumes against 24 h earlier, in percent points.

    The source's own where it tells one. Else against what the same source said a day ago: two
    sources count volume differently, and their difference is no change.
    """
    then = observations.nearest(
        session, ends, "volume_24h", step=DAY, steps=1, tolerance=DAY_TOLERANCE, source=source
    )
    derived = relative_change_pct(now=figures["volume_24h"].to_numpy(), then=then[:, 0])
    own = figures["volume_change_24h_pct"].to_numpy()
    return np.where(np.isnan(own), derived, own)


def _head(refresh_id: int, batch: MarketBatch, options: RankingOptions) -> pd.DataFrame:
    weights = {
        column: [value] for column, value in zip(WEIGHT_COLUMNS, options.weights, strict=True)
    }
    return pd.DataFrame(
        {
            "refresh_id": [refresh_id],
            "snapshot_at": [pd.Timestamp(batch.fetched_at)],
            "source": [batch.source],
            "quote_currency": [batch.quote_currency],
            "stability_model": [options.stability_model],
            "history_days": [options.history_days],
            **weights,
            "coins": [len(batch.markets)],
        }
    )


def _numbers(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """The frame with those of `columns` that hold numbers as float64, None as NaN."""
    numeric = [name for name in columns if name in NUMERIC]
    return frame.assign(**{name: pd.to_numeric(frame[name]).astype(np.float64) for name in numeric})


def _instants(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in columns})


NUMERIC = frozenset(
    name for name, kind in MarketRow.__annotations__.items() if kind.startswith("float")
)
