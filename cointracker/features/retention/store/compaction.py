"""Retention: old rows go, and those that stay are laid out so that queries skip most of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

import pandas as pd

from cointracker.analysis.series import OBSERVED
from cointracker.features.retention.store.thinning import TOO_MANY
from cointracker.ranking.factors import WEIGHT_COLUMNS
from cointracker.storage.database import Parameters, Session

CUT_COLUMNS = ("coin_id", "hours_until", "days_until")
RULES = (
    *WEIGHT_COLUMNS,
    "stability_model",
    "history_days",
)

_OBSERVATIONS = """
SELECT coin_id AS key, observed_at AS instant, kind, price, volume_24h, market_cap,
       hours_until, days_until
FROM observations JOIN incoming USING (coin_id)
"""
_RANKED = "SELECT coin_id AS key, observed_at AS instant FROM rankings"

_SNAPSHOTS = f"""
SELECT source AS key, snapshot_at AS instant, '{OBSERVED}' AS kind,
       1 AS price, NULL AS volume_24h, NULL AS market_cap,
       CAST($hours_until AS TIMESTAMPTZ) AS hours_until,
       CAST($days_until AS TIMESTAMPTZ) AS days_until
FROM snapshots
"""  # noqa: S608 - the name is a constant
_TURNS = f"""
SELECT source AS key, snapshot_at AS instant
FROM (SELECT *, row({", ".join(RULES)}) AS rules FROM snapshots)
WINDOW by_time AS (ORDER BY snapshot_at, refresh_id)
QUALIFY lead(rules) OVER by_time IS DISTINCT FROM rules
     OR lag(rules) OVER by_time IS DISTINCT FROM rules
"""  # noqa: S608 - the names are the constants above

# Without a zone, for date_trunc is ten times as slow with one.
_LAID_OUT = """
ORDER BY date_trunc(CASE WHEN {instant} < $recent THEN 'year' ELSE 'day' END,
                    make_timestamp(epoch_us({instant}))), coin_id, {instant}
"""
_OBSERVATIONS_KEPT = f"""
SELECT observations.* FROM observations ANTI JOIN observations_gone AS gone
ON observations.coin_id = gone.key AND observations.observed_at = gone.instant
{_LAID_OUT.format(instant="observed_at")}
"""  # noqa: S608 - the names are constants
_RANKINGS_KEPT = f"""
SELECT rankings.* FROM rankings JOIN snapshots USING (refresh_id)
{_LAID_OUT.format(instant="snapshot_at")}
"""  # noqa: S608 - the names are constants


@dataclass(frozen=True)
class Compaction:
    """One row of the log of compactions: how many rows of each table stayed, and how many went."""

    ran_at: datetime
    seconds: float
    observations: int
    observations_gone: int
    snapshots: int
    snapshots_gone: int
    refreshes_gone: int


def newest(session: Session) -> pd.DataFrame:
    """When each coin was last seen: coin_id, newest_at (of what was observed, if anything was)."""
    return session.frame(
        "SELECT coin_id, coalesce(max(observed_at) FILTER (kind = $observed), max(observed_at))"
        " AS newest_at FROM observations GROUP BY coin_id",
        {"observed": OBSERVED},
    )


def thin_snapshots(session: Session, hours_until: datetime, days_until: datetime) -> int:
    """Forget old snapshots; how many.

    Up to days_until one a day stays, from there to hours_until one an hour, beside them the
    newest, and the last before and the first after a change of `RULES`. Their rankings go
    with them in `lay_out_rankings`.
    """
    cuts = {"hours_until": hours_until, "days_until": days_until}
    session.execute(_list_of_those_to_go("snapshots_gone", _SNAPSHOTS, _TURNS), cuts)
    session.execute(
        "DELETE FROM snapshots USING snapshots_gone AS gone"
        " WHERE snapshots.source = gone.key AND snapshots.snapshot_at = gone.instant"
    )
    return count(session, "snapshots_gone")


def thin_log(session: Session, until: datetime) -> int:
    """Forget refreshes that ended before `until` and left no snapshot that is kept; how many.

    The rows that they rejected go with them. The last refresh stays: its id must not come again.
    """
    before = count(session, "refreshes")
    session.execute(
        "DELETE FROM refreshes WHERE finished_at < $until"
        " AND refresh_id NOT IN (SELECT refresh_id FROM snapshots)"
        " AND refresh_id < (SELECT max(refresh_id) FROM refreshes)",
        {"until": until},
    )
    session.execute(
        "DELETE FROM rejections WHERE refresh_id NOT IN (SELECT refresh_id FROM refreshes)"
    )
    return before - count(session, "refreshes")


def lay_out_rankings(session: Session, recent: datetime) -> None:
    """Store the rankings of the kept snapshots anew, in the order of `compact_observations`."""
    _store_anew(
        session,
        "rankings",
        _RANKINGS_KEPT,
        {"recent": recent},
    )


def compact_observations(session: Session, cuts: pd.DataFrame, recent: datetime) -> int:
    """Forget old observations, and store the others anew in a new order; how many are gone.

    cuts: `CUT_COLUMNS`, a row for each coin; see `thinning.TOO_MANY`. What a ranking refers to
    stays. The order is by year, and from `recent` (a midnight) on by day, and within it by coin:
    so one coin's past lies together, and what all coins did of late does too.
    """
    session.run_on(cuts, _list_of_those_to_go("observations_gone", _OBSERVATIONS, _RANKED))
    _store_anew(
        session,
        "observations",
        _OBSERVATIONS_KEPT,
        {"recent": recent},
    )
    return count(session, "observations_gone")


def add(session: Session, compaction: Compaction) -> None:
    """Put a compaction in the log."""
    fields = asdict(compaction)
    session.execute(
        f"INSERT INTO compactions ({', '.join(fields)})"  # noqa: S608
        f" VALUES ({', '.join(f'${name}' for name in fields)})",
        fields,
    )


def last(session: Session) -> datetime | None:
    """When the last compaction ran (UTC), if one ever did."""
    rows = session.frame("SELECT ran_at FROM compactions ORDER BY ran_at DESC LIMIT 1")
    return None if rows.empty else rows["ran_at"].iloc[0].to_pydatetime()


def _list_of_those_to_go(name: str, rows: str, staying: str) -> str:
    sql = TOO_MANY.format(rows=rows)
    return (
        f"CREATE OR REPLACE TEMP TABLE {name} AS"  # noqa: S608 - the queries are constants
        f" SELECT * FROM ({sql}) ANTI JOIN ({staying}) USING (key, instant)"
    )


def _store_anew(session: Session, table: str, rows: str, parameters: Parameters) -> None:
    """Put what a query finds in place of a table's rows, in its order."""
    columns = session.frame(
        "SELECT column_name, data_type || if(is_nullable, '', ' NOT NULL') AS kind"
        " FROM duckdb_columns() WHERE table_name = $table AND NOT internal ORDER BY column_index",
        {"table": table},
    )
    names = ", ".join(f'"{name}" {kind}' for name, kind in columns.itertuples(index=False))
    session.execute(f"CREATE TABLE {table}_anew ({names})")
    session.execute(f"INSERT INTO {table}_anew BY NAME {rows}", parameters)
    session.execute(f"DROP TABLE {table}")
    session.execute(f"ALTER TABLE {table}_anew RENAME TO {table}")


def count(session: Session, table: str) -> int:
    """How many rows a table holds."""
    return int(session.value(f"SELECT count(*) FROM {table}"))  # noqa: S608
