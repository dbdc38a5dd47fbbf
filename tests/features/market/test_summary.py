"""A ranking in six figures, by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from cointracker.features.market.summary import summarise

NAN = float("nan")


def ranking(*rows):
    """rows: symbol, rank, move, 24 h change, coverage; best first."""
    frame = pd.DataFrame(rows, columns=["symbol", "rank", "move", "change_24h_pct", "coverage"])
    figures = ["move", "change_24h_pct", "coverage"]
    return frame.astype({"rank": "int32"} | dict.fromkeys(figures, "float64"))


def test_some_coins():
    summary = summarise(
        ranking(
            ("SOL", 1, 2, 5.0, 1.0),
            ("BTC", 2, 0, -1.0, 1.0),
            ("ETH", 3, -7, 0.0, 0.5),
            ("NEW", 4, NAN, NAN, 0.5),
            ("NIL", 0, NAN, 2.0, 0.0),
        )
    )
    assert (summary.coins, summary.ranked) == (5, 4)
    assert (summary.rising, summary.falling) == (2, 1)
    assert summary.median_change_24h_pct == pytest.approx(1.0)
    assert summary.mean_coverage == pytest.approx(0.6)
    assert summary.leader == "SOL"
    assert (summary.mover, summary.mover_places) == ("ETH", -7)


def test_of_two_that_moved_as_far_the_better_one_is_named():
    summary = summarise(ranking(("A", 1, NAN, 0, 1), ("B", 2, -3, 0, 1), ("C", 3, 3, 0, 1)))
    assert (summary.mover, summary.mover_places) == ("B", -3)


@pytest.mark.parametrize("move", [0, NAN])
def test_nobody_moved(move):
    summary = summarise(ranking(("BTC", 1, move, 1.0, 1.0)))
    assert summary.mover == ""
    assert math.isnan(summary.mover_places)
    assert summary.median_change_24h_pct == 1.0


def test_nobody_is_ranked():
    summary = summarise(ranking(("NIL", 0, NAN, NAN, 0.0)))
    assert (summary.coins, summary.ranked, summary.leader, summary.mover) == (1, 0, "", "")
    assert (summary.rising, summary.falling, summary.mean_coverage) == (0, 0, 0)
    assert math.isnan(summary.median_change_24h_pct)


def test_no_coins():
    summary = summarise(ranking())
    assert (summary.coins, summary.ranked, summary.leader, summary.mover) == (0, 0, "", "")
    assert math.isnan(summary.median_change_24h_pct)
    assert math.isnan(summary.mean_coverage)
