"""The schemas, built by numbered steps that are each recorded in the transaction that ran them.

No primary keys, sequences or ON CONFLICT: the same statements must run on DuckLake. A step that
has been released is never edited; a change is a new step.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from cointracker.errors import StorageError


class Runner(Protocol):
    """What a step needs of a session."""

    def execute(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run one statement."""

    def value(self, sql: str, parameters: Mapping[str, Any] | None = None) -> object:
        """The first value of a query."""


Steps = Mapping[int, tuple[str, tuple[str, ...]]]
"""What builds a schema: by number, a name and the statements."""


def prepare(session: Runner, steps: Steps) -> None:
    """Make the list of applied steps, and refuse a database from a newer release."""
    session.execute(
        "CREATE TABLE IF NOT EXISTS migrations"
        " (number INTEGER NOT NULL, name VARCHAR NOT NULL, applied_at TIMESTAMPTZ NOT NULL)"
    )
    newest = session.value("SELECT max(number) FROM migrations")
    if isinstance(newest, int) and newest > max(steps):
        raise StorageError(
            f"the database is at schema step {newest}, this release knows {max(steps)};"
            " start the newer release"
        )


def step(session: Runner) -> int:
    """The newest step that a database has gone through; 0 for none, or one that is not ours."""
    if not session.value("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'migrations'"):
        return 0
    newest = session.value("SELECT max(number) FROM migrations")
    return newest if isinstance(newest, int) else 0


def holds_rows(session: Runner) -> bool:
    """Whether any table beside the list of steps has rows."""
    rows = session.value(
        "SELECT sum(estimated_size) FROM duckdb_tables()"
        " WHERE database_name = current_database() AND table_name <> 'migrations'"
    )
    return bool(rows)


def apply(session: Runner, steps: Steps, number: int) -> None:
    """Run step `number` and record it, unless it is recorded already."""
    seen = {"number": number}
    if session.value("SELECT count(*) FROM migrations WHERE number = $number", seen):
        return
    name, statements = steps[number]
    for statement in statements:
        session.execute(statement)
    session.execute(
        "INSERT INTO migrations VALUES ($number, $name, $applied_at)",
        {"number": number, "name": name, "applied_at": datetime.now(UTC)},
    )


COINS = """
CREATE TABLE coins (
    coin_id VARCHAR NOT NULL,       -- CoinGecko's id, the key of everything
    number INTEGER NOT NULL,        -- a short number for the API, given at first sight
    symbol VARCHAR NOT NULL, name VARCHAR NOT NULL, image_url VARCHAR,
    fully_diluted_valuation DOUBLE,
    circulating_supply DOUBLE, total_supply DOUBLE, max_supply DOUBLE,
    ath DOUBLE, ath_change_pct DOUBLE, ath_at TIMESTAMPTZ,
    atl DOUBLE, atl_change_pct DOUBLE, atl_at TIMESTAMPTZ,
    first_seen_at TIMESTAMPTZ NOT NULL, seen_at TIMESTAMPTZ NOT NULL
)"""

OBSERVATIONS = """
CREATE TABLE observations (
    coin_id VARCHAR NOT NULL,
    observed_at TIMESTAMPTZ NOT NULL,   -- when the source last updated the coin
    source VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,              -- observed, sparkline or history
    price DOUBLE, volume_24h DOUBLE, market_cap DOUBLE,
    change_1h_pct DOUBLE, change_24h_pct DOUBLE, change_7d_pct DOUBLE, change_30d_pct DOUBLE
)"""

STANDINGS = """
CREATE TABLE standings (
    coin_id VARCHAR NOT NULL, standing_at TIMESTAMPTZ NOT NULL,
    standing DOUBLE NOT NULL, source VARCHAR NOT NULL
)"""

REFRESHES = """
CREATE TABLE refreshes (
    refresh_id INTEGER NOT NULL,
    started_at TIMESTAMPTZ NOT NULL, finished_at TIMESTAMPTZ NOT NULL,
    trigger VARCHAR NOT NULL, source VARCHAR NOT NULL,
    outcome VARCHAR NOT NULL,           -- stored, unchanged or failed
    error VARCHAR, reason VARCHAR,      -- our error's name and its words, if it failed
    accepted INTEGER NOT NULL, rejected INTEGER NOT NULL
)"""

REJECTIONS = """
CREATE TABLE rejections (
    refresh_id INTEGER NOT NULL, position INTEGER NOT NULL,
    coin_id VARCHAR, field VARCHAR NOT NULL, value VARCHAR NOT NULL, reason VARCHAR NOT NULL
)"""

SNAPSHOTS = """
CREATE TABLE snapshots (
    refresh_id INTEGER NOT NULL, snapshot_at TIMESTAMPTZ NOT NULL,
    source VARCHAR NOT NULL, quote_currency VARCHAR NOT NULL,
    stability_model VARCHAR NOT NULL, history_days INTEGER NOT NULL,
    weight_price_change DOUBLE NOT NULL, weight_volume_change DOUBLE NOT NULL,
    weight_stability DOUBLE NOT NULL, weight_market_cap DOUBLE NOT NULL,
    weight_social DOUBLE NOT NULL,
    coins INTEGER NOT NULL
)"""

RANKINGS = """
CREATE TABLE rankings (
    refresh_id INTEGER NOT NULL, coin_id VARCHAR NOT NULL,
    observed_at TIMESTAMPTZ NOT NULL,   -- with coin_id, the observation that was ranked
    symbol VARCHAR NOT NULL, name VARCHAR NOT NULL, market_cap_rank INTEGER,
    volume_change_24h_pct DOUBLE, standing DOUBLE,
    stability_samples INTEGER NOT NULL, pegged BOOLEAN NOT NULL,
    factor_price_change DOUBLE, factor_volume_change DOUBLE, factor_stability DOUBLE,
    factor_market_cap DOUBLE, factor_social DOUBLE,
    score DOUBLE, coverage DOUBLE NOT NULL, rank INTEGER NOT NULL   -- rank 0: no score
)"""

WEIGHTS = """
CREATE TABLE {table} (
    {key}, price_change DOUBLE NOT NULL, volume_change DOUBLE NOT NULL,
    stability DOUBLE NOT NULL, market_cap DOUBLE NOT NULL, social DOUBLE NOT NULL
)"""
DEFAULT_WEIGHTS = WEIGHTS.format(table="default_weights", key="saved_at TIMESTAMPTZ NOT NULL")
PRESETS = WEIGHTS.format(
    table="presets", key="name VARCHAR NOT NULL, saved_at TIMESTAMPTZ NOT NULL"
)

BOTH_MODELS = (
    "ALTER TABLE rankings ADD COLUMN stability_classic DOUBLE",
    "ALTER TABLE rankings ADD COLUMN daily_changes INTEGER",     # behind stability_classic
    "ALTER TABLE rankings ADD COLUMN stability_robust DOUBLE",
    "ALTER TABLE rankings ADD COLUMN hourly_prices INTEGER",     # behind stability_robust
    """
    UPDATE rankings SET stability_classic = factor_stability, daily_changes = stability_samples
    WHERE refresh_id IN (SELECT refresh_id FROM snapshots WHERE stability_model = 'classic')
    """,
    """
    UPDATE rankings SET stability_robust = factor_stability, hourly_prices = stability_samples
    WHERE refresh_id IN (SELECT refresh_id FROM snapshots WHERE stability_model = 'robust')
    """,
)  # fmt: skip

COIN_DETAILS = """
CREATE TABLE coin_details (             -- the latest of each coin
    coin_id VARCHAR NOT NULL, source VARCHAR NOT NULL, fetched_at TIMESTAMPTZ NOT NULL,
    description VARCHAR NOT NULL,       -- plain text, empty when the source tells nothing
    homepage VARCHAR, blockchain_site VARCHAR, github_url VARCHAR,
    categories VARCHAR[], genesis_date DATE,
    sentiment_up_pct DOUBLE, watchlist_users BIGINT
)"""

COIN_FETCHES = """
CREATE TABLE coin_fetches (             -- the last time of each coin and thing asked for
    coin_id VARCHAR NOT NULL, what VARCHAR NOT NULL,
    fetched_at TIMESTAMPTZ NOT NULL,
    outcome VARCHAR NOT NULL,           -- stored, unknown or failed
    reason VARCHAR,
    stored_at TIMESTAMPTZ,              -- when it last succeeded
    due_at TIMESTAMPTZ NOT NULL         -- when to ask again
)"""

CALLS = """
CREATE TABLE calls (
    number INTEGER NOT NULL,            -- counts up
    source VARCHAR NOT NULL, called_at TIMESTAMPTZ NOT NULL,
    priority VARCHAR NOT NULL,          -- what for: markets, standing, details, backfill
    path VARCHAR NOT NULL,              -- without the query
    seconds DOUBLE, outcome VARCHAR,    -- ok or our error's name; NULL while its end is not known
    reason VARCHAR                      -- the error's words
)"""

CALL_MONTHS = """
CREATE TABLE call_months (
    source VARCHAR NOT NULL, month DATE NOT NULL, calls INTEGER NOT NULL
)"""

CALL_ACCOUNTS = """
CREATE TABLE call_accounts (
    source VARCHAR NOT NULL,
    kept_at TIMESTAMPTZ NOT NULL,
    owed_seconds DOUBLE NOT NULL,       -- how long after kept_at the month's budget is whole again
    blocked_seconds DOUBLE NOT NULL     -- how long after kept_at the source wants to be left alone
)"""

SOURCE_IDS = """
CREATE TABLE source_ids (
    source VARCHAR NOT NULL,            -- whose ids these are
    coin_id VARCHAR NOT NULL,
    source_id VARCHAR,                  -- the coin's id there, if one was ever found
    why VARCHAR NOT NULL,               -- empty when it may be used, else why not
    confirmed_at TIMESTAMPTZ,           -- when the two prices last agreed
    checked_at TIMESTAMPTZ NOT NULL
)"""

STANDING_ANSWERS = """
CREATE TABLE standing_answers (         -- each source's last successful answer
    source VARCHAR NOT NULL, position INTEGER NOT NULL,
    symbol VARCHAR NOT NULL, standing DOUBLE NOT NULL, score DOUBLE, coin_id VARCHAR
)"""

STANDING_REJECTIONS = """
CREATE TABLE standing_rejections (      -- the first rows that this answer lost
    source VARCHAR NOT NULL, position INTEGER NOT NULL,
    coin_id VARCHAR, field VARCHAR NOT NULL, value VARCHAR NOT NULL, reason VARCHAR NOT NULL
)"""

STANDING_CHECKS = """
CREATE TABLE standing_checks (          -- one row a source: how asking it went
    source VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,       -- of the address that was asked
    asked_at TIMESTAMPTZ NOT NULL, answered_at TIMESTAMPTZ,
    error VARCHAR, reason VARCHAR,      -- of the last try, if it failed
    accepted INTEGER NOT NULL, rejected INTEGER NOT NULL    -- rows of the last answer
)"""

STANDING_OVERRIDES = """
CREATE TABLE standing_overrides (
    symbol VARCHAR NOT NULL, coin_id VARCHAR NOT NULL, saved_at TIMESTAMPTZ NOT NULL
)"""

COMPACTIONS = """
CREATE TABLE compactions (
    ran_at TIMESTAMPTZ NOT NULL, seconds DOUBLE NOT NULL,
    observations BIGINT NOT NULL, observations_gone BIGINT NOT NULL,
    snapshots BIGINT NOT NULL, snapshots_gone BIGINT NOT NULL,
    refreshes_gone BIGINT NOT NULL
)"""

STEPS: Steps = {
    1: (
        "markets and rankings",
        (COINS, OBSERVATIONS, STANDINGS, REFRESHES, REJECTIONS, SNAPSHOTS, RANKINGS),
    ),
    2: ("saved weights", (DEFAULT_WEIGHTS, PRESETS)),
    3: ("both stability models", BOTH_MODELS),
    4: ("calls to sources", (CALLS, CALL_MONTHS, CALL_ACCOUNTS)),
    5: ("coin details", (COIN_DETAILS, COIN_FETCHES)),
    6: (
        "second source and standing",
        (SOURCE_IDS, STANDING_ANSWERS, STANDING_REJECTIONS, STANDING_CHECKS, STANDING_OVERRIDES),
    ),
    7: ("compactions", (COMPACTIONS,)),
    8: ("owners of presets", ("ALTER TABLE presets ADD COLUMN owner VARCHAR",)),
}
"""The schema of a market's database."""

SETTINGS = """
CREATE TABLE settings (                 -- of each name the row of the last save counts
    save INTEGER NOT NULL, saved_at TIMESTAMPTZ NOT NULL,
    name VARCHAR NOT NULL, value VARCHAR NOT NULL
)"""

RUNS = """
CREATE TABLE runs (                     -- the last row tells whether refreshes are wanted
    number INTEGER NOT NULL, changed_at TIMESTAMPTZ NOT NULL, is_started BOOLEAN NOT NULL
)"""

USERS = """
CREATE TABLE users (
    user_id VARCHAR NOT NULL,           -- never given again, unlike a name
    name VARCHAR NOT NULL, role VARCHAR NOT NULL,
    password_hash VARCHAR,              -- bcrypt; NULL for who logs in elsewhere only
    stamp VARCHAR NOT NULL,             -- another one whenever all sessions are to end
    created_at TIMESTAMPTZ NOT NULL, last_login_at TIMESTAMPTZ
)"""

SESSIONS = """
CREATE TABLE sessions (
    session_id VARCHAR NOT NULL,        -- a hash of what the cookie holds
    user_id VARCHAR NOT NULL, stamp VARCHAR NOT NULL,
    opened_at TIMESTAMPTZ NOT NULL, seen_at TIMESTAMPTZ NOT NULL
)"""

TOKENS = """
CREATE TABLE tokens (
    token_id VARCHAR NOT NULL, user_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL, scope VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,            -- of the secret
    created_at TIMESTAMPTZ NOT NULL, expires_at TIMESTAMPTZ NOT NULL, last_used_at TIMESTAMPTZ
)"""

AUDIT = """
CREATE TABLE audit (
    number INTEGER NOT NULL, recorded_at TIMESTAMPTZ NOT NULL,
    name VARCHAR NOT NULL, means VARCHAR NOT NULL, address VARCHAR NOT NULL,
    action VARCHAR NOT NULL, target VARCHAR NOT NULL, detail VARCHAR NOT NULL
)"""

SECRETS = "CREATE TABLE secrets (name VARCHAR NOT NULL, value VARCHAR NOT NULL)"

APP_STEPS: Steps = {
    1: ("settings", (SETTINGS, RUNS)),
    2: ("users", (USERS, SESSIONS, TOKENS, AUDIT, SECRETS)),
}
"""The schema of the database of what belongs to no market."""
