"""Downloads read back: what is shown, in rank order, under its weights, and nothing that runs."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from openpyxl.utils.escape import unescape
from pandas.testing import assert_frame_equal

from cointracker.core.file_formats import FORMATS
from cointracker.features.market.downloads import table
from cointracker.features.market.rankings import RankingView, Snapshot
from cointracker.ranking.factors import FACTOR_KEYS
from cointracker.ranking.weights import Weights

NAN = float("nan")
AT = datetime(2026, 3, 9, 3, 28, 0, 123_456, tzinfo=UTC)
WEIGHTS = Weights.of([1, 2, 3.5, 0, 0.1])
COLUMNS = ("rank", "name", "price", "score", "pegged", "observed_at", "sparkline")
UNDER = ("snapshot_at", "source", "quote_currency", *(f"weight_{name}" for name in FACTOR_KEYS))
SHOWN = pd.DataFrame(
    {
        "coin_id": ["solana", "shiba-inu", "nobody"],
        "rank": [1, 2, 0],
        "name": ["Solana", "سکه، “شیبا”\nاینو", "-Nobody, Inc."],
        "price": [0.1 + 0.2, 3e-09, NAN],
        "score": [61.234567890123, 50.0, NAN],
        "pegged": [False, True, False],
        "observed_at": pd.to_datetime(
            ["2026-03-09T03:27:59.5Z", "2026-03-09T00:00:00Z", "2026-03-08T23:00:00.000001Z"],
            format="ISO8601",
        ),
        "sparkline": [[0.1 + 0.2, 2.0], [3e-09], []],
    },
    index=[4, 0, 9],
)
OBSERVED = [
    "2026-03-09T03:27:59.500000Z",
    "2026-03-09T00:00:00.000000Z",
    "2026-03-08T23:00:00.000001Z",
]
RUNS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\x00=1", "=cmd|' /C calc'!A0")
HARMLESS = (
    "Bitcoin",
    "1e5",
    "1-2",
    "a=b",
    "'quoted'",
    "  =1",
    "{=1+1}",
    "a\r=1",
    "a\n=1",
    "<b>bold</b>",
    "https://x.invalid",
    "",
)


def viewed(frame):
    # Other weights than the snapshot's: the file tells those it is ranked by.
    snapshot = Snapshot(7, AT, "coingecko", "usd", "classic", 7, Weights(), len(frame))
    return RankingView(snapshot, WEIGHTS, frame)


def named(names):
    return pd.DataFrame({"name": pd.Series(names, dtype="str"), "price": [-1.5] * len(names)})


def read_csv(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def sheet_of(content):
    return openpyxl.load_workbook(io.BytesIO(content))["ranking"]


def read_excel(content):
    return [
        [unescape(cell.value) if isinstance(cell.value, str) else cell.value for cell in row]
        for row in sheet_of(content).iter_rows()
    ]


def read_parquet(content):
    return pq.read_table(io.BytesIO(content)).to_pylist()


def written(frame):
    """The frame as all three kinds of file, by their endings."""
    return {kind.ending: kind.write(frame) for kind in FORMATS}


@pytest.fixture(scope="module")
def files():
    return written(table(viewed(SHOWN), COLUMNS))


def test_the_table_has_the_columns_asked_for_and_what_they_were_ranked_under():
    found = table(viewed(SHOWN), ("name", "rank"))
    assert tuple(found.columns) == ("name", "rank", *UNDER)
    assert found["name"].tolist() == SHOWN["name"].tolist()
    assert found.index.tolist() == [0, 1, 2]
    assert set(found["snapshot_at"]) == {pd.Timestamp(AT)}
    assert found[list(UNDER[3:])].drop_duplicates().to_numpy().tolist() == [list(WEIGHTS)]


def test_csv(files):
    heading, *rows = read_csv(files["csv"])
    assert heading == [*COLUMNS, *UNDER]
    under = ["2026-03-09T03:28:00.123456Z", "coingecko", "usd", "1.0", "2.0", "3.5", "0.0", "0.1"]
    assert rows == [
        [
            "1",
            "Solana",
            "0.30000000000000004",
            "61.234567890123",
            "False",
            OBSERVED[0],
            "0.30000000000000004 2.0",
            *under,
        ],
        ["2", "سکه، “شیبا”\nاینو", "3e-09", "50.0", "True", OBSERVED[1], "3e-09", *under],
        ["0", "'-Nobody, Inc.", "", "", "False", OBSERVED[2], "", *under],
    ]


def test_excel(files):
    heading, *rows = read_excel(files["xlsx"])
    assert heading == [*COLUMNS, *UNDER]
    under = ["2026-03-09T03:28:00.123456Z", "coingecko", "usd", 1, 2, 3.5, 0, 0.1]
    assert rows == [
        [
            1,
            "Solana",
            pytest.approx(0.3),
            pytest.approx(61.234567890123),
            False,
            OBSERVED[0],
            "0.30000000000000004 2.0",
            *under,
        ],
        [2, "سکه، “شیبا”\nاینو", 3e-09, 50, True, OBSERVED[1], "3e-09", *under],
        [0, "'-Nobody, Inc.", None, None, False, OBSERVED[2], None, *under],
    ]


def test_excel_headings_stay_in_sight(files):
    assert sheet_of(files["xlsx"]).freeze_panes == "A2"


def test_parquet(files):
    under = {"snapshot_at": AT, "source": "coingecko", "quote_currency": "usd"} | {
        f"weight_{name}": value for name, value in zip(FACTOR_KEYS, WEIGHTS, strict=True)
    }
    shown = SHOWN[list(COLUMNS)].astype(object).where(SHOWN[list(COLUMNS)].notna(), None)
    assert read_parquet(files["parquet"]) == [row | under for row in shown.to_dict("records")]


@pytest.mark.parametrize("name", RUNS)
def test_what_a_spreadsheet_would_run_is_disarmed(name):
    files = written(named([name]))
    assert read_csv(files["csv"]) == [["name", "price"], ["'" + name, "-1.5"]]
    assert read_excel(files["xlsx"]) == [["name", "price"], ["'" + name, -1.5]]
    assert read_parquet(files["parquet"]) == [{"name": name, "price": -1.5}]


@pytest.mark.parametrize("name", HARMLESS)
def test_other_texts_stay_as_they_are(name):
    files = written(named([name]))
    assert read_csv(files["csv"])[1] == [name, "-1.5"]
    assert read_excel(files["xlsx"])[1] == [name or None, -1.5]
    assert read_parquet(files["parquet"]) == [{"name": name, "price": -1.5}]


def test_no_formula_and_no_link_in_excel():
    content = written(named([*RUNS, *HARMLESS]))["xlsx"]
    cells = [cell for row in sheet_of(content).iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert not any(cell.hyperlink for cell in cells)


def test_no_rows():
    files = written(table(viewed(SHOWN.iloc[:0]), COLUMNS))
    assert read_csv(files["csv"]) == [[*COLUMNS, *UNDER]]
    assert read_excel(files["xlsx"]) == [[*COLUMNS, *UNDER]]
    assert read_parquet(files["parquet"]) == []


def test_writing_leaves_the_frame_as_it_was():
    frame = table(viewed(SHOWN), COLUMNS)
    before = frame.copy(deep=True)
    written(frame)
    assert_frame_equal(frame, before)


def test_kinds_of_file():
    assert [(kind.label, kind.ending) for kind in FORMATS] == [
        ("CSV", "csv"),
        ("Excel", "xlsx"),
        ("Parquet", "parquet"),
    ]
