"""The ranking rules once more: slow, in plain Python, without a line of cointracker's.

A missing number is None. Instants are aware datetimes. Stability is the model `classic`.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOLERANCE = 2 * HOUR
WINDOW_DAYS = 7
WEIGHTS = {
    "price_change": 25.0,
    "volume_change": 20.0,
    "stability": 25.0,
    "market_cap": 15.0,
    "social": 15.0,
}
Row = Mapping[str, Any]


class Point(NamedTuple):
    """What is stored of a coin at an instant; `filled` if it comes from a sparkline."""

    at: datetime
    filled: bool
    price: float | None
    volume: float | None


@dataclass
class Expected:
    """What a snapshot must hold of a coin; rank 0 means unranked."""

    coin_id: str
    observed_at: datetime
    cap: float | None
    volume_change_24h_pct: float | None
    samples: int
    factors: dict[str, float | None]
    score: float | None
    coverage: float
    rank: int = 0


def replayed(
    captures: Iterable[tuple[datetime, Sequence[Row]]],
    weights: Mapping[str, float] = WEIGHTS,
    standings: Mapping[str, float] | None = None,
) -> Iterator[dict[str, Expected]]:
    """For each capture, oldest first, its coins by id, ranked with what was stored until then."""
    stored: dict[str, list[Point]] = {}
    for captured_at, rows in captures:
        for row in rows:
            at = observed_at(row, captured_at)
            if row["id"] not in stored:
                stored[row["id"]] = sparkline(row, at)
            observe(stored[row["id"]], row, at)
        coins = [
            expected(
                row,
                observed_at(row, captured_at),
                stored[row["id"]],
                weights,
                (standings or {}).get(row["id"]),
            )
            for row in rows
        ]
        give_ranks(coins)
        yield {coin.coin_id: coin for coin in coins}


# What is stored

FIGURES = ("current_price", "total_volume", "market_cap", "price_change_percentage_24h")


def is_valid(row: Row) -> bool:
    """Whether the row is to be stored, as far as the figures go that are ranked."""
    price, volume, cap, change = figures = [row[name] for name in FIGURES]
    return (
        all(isinstance(row[name], str) and row[name] for name in ("id", "symbol", "name"))
        and all(f is None or (isinstance(f, int | float) and math.isfinite(f)) for f in figures)
        and (price is None or price > 0)
        and (volume is None or volume >= 0)
        and (cap is None or cap >= 0)
        and (change is None or change >= -100)
    )


def observed_at(row: Row, captured_at: datetime) -> datetime:
    if row.get("last_updated") is None:
        return captured_at
    return min(datetime.fromisoformat(row["last_updated"]).astimezone(UTC), captured_at)


def observe(points: list[Point], row: Row, at: datetime) -> None:
    """Add the row. What was observed at that very instant stays, what was filled in gives way."""
    for point in between(points, at, at):
        if not point.filled:
            return
        points.remove(point)
    insort(points, Point(at, False, row["current_price"], row["total_volume"]), key=instant)


def sparkline(row: Row, at: datetime) -> list[Point]:
    """The prices before a coin was first seen: one hour apart, the last of them at `at`."""
    prices = (row.get("sparkline_in_7d") or {"price": []})["price"]
    points = [Point(at - back * HOUR, True, p, None) for back, p in enumerate(reversed(prices))]
    return [point for point in reversed(points) if point.price is not None]


instant = attrgetter("at")


def between(points: list[Point], low: datetime, high: datetime) -> list[Point]:
    first, behind = bisect_left(points, low, key=instant), bisect_right(points, high, key=instant)
    return points[first:behind]


def nearest(points: list[Point], figure: str, target: datetime) -> float | None:
    """The figure nearest to the target within 2 h: observed before filled, then the older."""
    near = [
        point
        for point in between(points, target - TOLERANCE, target + TOLERANCE)
        if getattr(point, figure) is not None
    ]
    near.sort(key=lambda point: (point.filled, abs(point.at - target), point.at))
    return getattr(near[0], figure) if near else None


# What is made of it


def expected(
    row: Row,
    at: datetime,
    points: list[Point],
    weights: Mapping[str, float],
    standing: float | None,
) -> Expected:
    volume_change = relative_change(row["total_volume"], nearest(points, "volume", at - DAY))
    boundaries = [nearest(points, "price", at - back * DAY) for back in range(WINDOW_DAYS, -1, -1)]
    changes = [relative_change(now, then) for then, now in pairwise(boundaries)]
    days = [change for change in changes if change is not None]
    factors = {
        "price_change": scaled(change_24h(row), -50, 200),
        "volume_change": scaled(volume_change, -80, 500),
        "stability": stability(days),
        "market_cap": cap_factor(row["market_cap"]),
        "social": social_factor(standing),
    }
    score, coverage = weighed(factors, weights)
    return Expected(
        coin_id=row["id"],
        observed_at=at,
        cap=row["market_cap"],
        volume_change_24h_pct=volume_change,
        samples=len(days),
        factors=factors,
        score=score,
        coverage=coverage,
    )


def change_24h(row: Row) -> float | None:
    change: float | None = row.get("price_change_percentage_24h_in_currency")
    return row.get("price_change_percentage_24h") if change is None else change


def relative_change(now: float | None, then: float | None) -> float | None:
    if now is None or then is None or then <= 0:
        return None
    return (now - then) / then * 100


def clip(value: float) -> float:
    return max(0.0, min(100.0, value))


def scaled(value: float | None, low: float, high: float) -> float | None:
    return None if value is None else clip((value - low) / (high - low) * 100)


def cap_factor(cap: float | None) -> float | None:
    if cap is None:
        return None
    return 0.0 if cap <= 0 else clip((math.log10(cap) - 6) / (12 - 6) * 100)


def social_factor(standing: float | None) -> float | None:
    if standing is None:
        return None
    return 0.0 if standing <= 0 else clip(100 - standing / 10)


def stability(days: list[float]) -> float | None:
    """The model `classic` over the known daily changes, oldest first."""
    if len(days) < 3:
        return None
    mean = math.fsum(days) / len(days)
    variance = math.fsum((day - mean) ** 2 for day in days) / (len(days) - 1)
    rising, falling = sum(day > 0 for day in days), sum(day < 0 for day in days)
    variance_score = max(0.0, 100 - 2 * variance)
    trend_score = abs(rising - falling) / len(days) * 100
    reversion_score = max(0.0, 100 - 3 * abs(math.fsum(days[-3:]) / 3 - mean))
    return 0.4 * variance_score + 0.3 * trend_score + 0.3 * reversion_score


def weighed(
    factors: Mapping[str, float | None], weights: Mapping[str, float]
) -> tuple[float | None, float]:
    """Score and coverage."""
    known = {name: value for name, value in factors.items() if value is not None}
    weight = math.fsum(weights[name] for name in known)
    coverage = weight / math.fsum(weights.values())
    if weight == 0:
        return None, coverage
    return math.fsum(weights[name] * value for name, value in known.items()) / weight, coverage


def give_ranks(coins: list[Expected]) -> None:
    def place(coin: Expected) -> tuple[float, float, str]:
        assert coin.score is not None
        return -coin.score, math.inf if coin.cap is None else -coin.cap, coin.coin_id

    for rank, coin in enumerate(sorted((c for c in coins if c.score is not None), key=place), 1):
        coin.rank = rank
