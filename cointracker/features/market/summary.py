"""A ranking in six figures."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from cointracker.ranking.score import UNRANKED


@dataclass(frozen=True)
class Summary:
    """leader and mover are symbols, empty when there is none; changes in percent points."""

    coins: int
    ranked: int
    median_change_24h_pct: float
    rising: int
    falling: int
    leader: str
    mover: str
    mover_places: float
    mean_coverage: float


def summarise(frame: pd.DataFrame) -> Summary:
    """The summary of a ranking's frame (see `RankingView`)."""
    ranked = frame[frame["rank"] != UNRANKED]
    moves = frame["move"].abs().fillna(0).to_numpy()
    mover = frame.iloc[int(moves.argmax())] if moves.any() else None
    return Summary(
        coins=len(frame),
        ranked=len(ranked),
        median_change_24h_pct=float(frame["change_24h_pct"].median()),
        rising=int((frame["change_24h_pct"] > 0).sum()),
        falling=int((frame["change_24h_pct"] < 0).sum()),
        leader=str(ranked["symbol"].iloc[0]) if not ranked.empty else "",
        mover="" if mover is None else str(mover["symbol"]),
        mover_places=float("nan") if mover is None else float(mover["move"]),
        mean_coverage=float(frame["coverage"].mean()),
    )
