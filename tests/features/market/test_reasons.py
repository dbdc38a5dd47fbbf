"""Reasons in the reader's words."""

from __future__ import annotations

import pandas as pd
import pytest

from cointracker.core.i18n import language
from cointracker.features.market.reasons import causes, factor_names, sentences, short_factor_names
from cointracker.ranking.factors import FACTOR_KEYS

NAN = float("nan")
ENGLISH, PERSIAN = language("en"), language("fa")


def ranking(*rows):
    """rows: the five factors and the five contributions of a coin."""
    names = [f"{kind}_{name}" for kind in ("factor", "contribution") for name in FACTOR_KEYS]
    return pd.DataFrame([[*factors, *points] for factors, points in rows], columns=names)


COINS = ranking(
    ([85.3, 92.1, 78.5, 50, 50], [21.3, 18.4, 18.3, 7.5, 7.5]),
    ([NAN, 12.345, NAN, 100, 0], [NAN, 12, NAN, 70, 0]),
    ([NAN] * 5, [NAN] * 5),
)


def test_english():
    assert sentences(causes(COINS, ENGLISH), ENGLISH) == [
        "High because of: price change (85.3), volume (92.1), stability (78.5)",
        "High because of: market cap (100.0), volume (12.3)",
        "",
    ]


def test_persian():
    assert sentences(causes(COINS, PERSIAN), PERSIAN) == [
        "رتبه بالا به دلیل: تغییر قیمت (۸۵٫۳)، حجم معاملات (۹۲٫۱)، ثبات قیمت (۷۸٫۵)",
        "رتبه بالا به دلیل: ارزش بازار (۱۰۰٫۰)، حجم معاملات (۱۲٫۳)",
        "",
    ]


@pytest.mark.parametrize("reader", [ENGLISH, PERSIAN])
@pytest.mark.parametrize("names", [factor_names, short_factor_names])
def test_every_factor_has_a_name_of_its_own(reader, names):
    named = names(reader)
    assert set(named) == set(FACTOR_KEYS)
    assert len(set(named.values())) == len(FACTOR_KEYS)
    every = ranking(([1, 2, 3, 4, 5], [5, 4, 3, 2, 1]))
    found = causes(every, reader, names(reader))[0]
    assert [name in found for name in named.values()] == [True, True, True, False, False]


def test_no_coins():
    assert causes(COINS.iloc[:0], ENGLISH) == []
    assert sentences([], PERSIAN) == []
