"""The columns of the ranking table: their headings, widths, and how a figure is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from cointracker.core.i18n import N_, Language, left_to_right

Writer = Callable[[Language, float], str]


@dataclass(frozen=True)
class Column:
    """One column. `write` turns a figure into text; None for texts, bars and lines.

    name: the column in `RankingView.frame`, and in downloads. help: what it means, if the heading
    does not tell. digits: the decimals of a change.
    """

    name: str
    heading: str
    width: int
    write: Writer | None = None
    kind: str = "number"
    help: str = ""
    digits: int = 0


def _change(name: str, heading: str, width: int, digits: int, hint: str = "") -> Column:
    """A column of changes, which its direction colours."""

    def write(language: Language, value: float) -> str:
        return left_to_right(language.change(value, digits))

    return Column(name, heading, width, write, "change", hint, digits)


def _decimal(digits: int) -> Writer:
    return lambda language, value: language.decimal(value, digits)


_whole: Writer = lambda language, value: language.whole(value)  # noqa: E731
_price: Writer = lambda language, value: language.price(value)  # noqa: E731
_amount: Writer = lambda language, value: language.own_way(language.amount(value))  # noqa: E731

COLUMNS = (
    Column("rank", N_("Rank"), 52, lambda language, rank: language.whole(rank or float("nan"))),
    _change("move", N_("Rank 24 h"), 72, 0, N_("Ranks gained or lost in 24 h")),
    Column("coin", N_("Coin"), 176, kind="text"),
    Column(
        "score", N_("Score"), 60, _decimal(1), help=N_("Weighted mean of the factors, 0 to 100")
    ),
    Column("bar", N_("Score bar"), 70, kind="bar"),
    Column(
        "band", N_("Band"), 76, kind="text", help=N_("Range of the rank when weights vary slightly")
    ),
    Column("price", N_("Price, $"), 106, _price),
    _change("change_24h_pct", N_("24 h, %"), 86, 2),
    _change("change_7d_pct", N_("7 d, %"), 86, 2),
    _change("change_30d_pct", N_("30 d, %"), 86, 2),
    Column("volume_24h", N_("Volume, $"), 86, _amount, help=N_("Traded in the last 24 h")),
    _change(
        "volume_change_24h_pct",
        N_("Vol. change, %"),
        100,
        1,
        N_("Change in 24 h volume compared with 24 h earlier"),
    ),
    Column("market_cap", N_("Cap, $"), 84, _amount, help=N_("Market capitalisation")),
    Column("standing", N_("Standing"), 76, _whole, help=N_("Social standing, 1 is best")),
    Column(
        "stability_samples",
        N_("Days"),
        60,
        _whole,
        help=N_("Number of daily changes behind the stability"),
    ),
    Column(
        "coverage",
        N_("Coverage, %"),
        84,
        lambda language, share: language.decimal(share * 100, 0),
        help=N_("Share of your weights backed by data"),
    ),
    Column(
        "age_seconds",
        N_("Age"),
        76,
        lambda language, age: language.own_way(language.age(age)),
        help=N_("Age of the data at the snapshot"),
    ),
    Column("sparkline", N_("7 days"), 88, kind="line"),
    Column("reason", N_("High because of"), 300, kind="text"),
)

BY_NAME = {column.name: column for column in COLUMNS}
FIXED = ("rank", "move", "coin", "score")
SHOWN_FIRST = (
    "bar",
    "band",
    "price",
    "change_24h_pct",
    "volume_change_24h_pct",
    "market_cap",
    "sparkline",
    "reason",
)
CHOICES = tuple(column.name for column in COLUMNS if column.name not in FIXED)
SORTABLE = tuple(c.name for c in COLUMNS if c.name == "coin" or c.write is not None)


def chosen(names: list[str]) -> list[Column]:
    """The columns to draw for a choice of names, in the table's order."""
    return [column for column in COLUMNS if column.name in FIXED or column.name in names]


def heading(column: Column, language: Language, currency: str) -> str:
    """A column's heading in the reader's language, with the quote currency where it has one."""
    text = language.t(column.heading)
    return language.own_way(text if currency == "usd" else text.replace("$", currency.upper()))


def writer(column: Column, language: Language) -> Callable[[float], str]:
    """How the figures of a column become text in a language."""
    if column.write is None:
        raise ValueError(f"the column {column.name} holds no figures")
    return partial(column.write, language)
