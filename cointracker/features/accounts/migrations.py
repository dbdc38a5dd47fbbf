"""The tables of users, sessions, tokens and secrets."""

from __future__ import annotations

from cointracker.core.feature import APP, Migration

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
SECRETS = "CREATE TABLE secrets (name VARCHAR NOT NULL, value VARCHAR NOT NULL)"

MIGRATIONS = (Migration(2, "users", (USERS, SESSIONS, TOKENS, SECRETS), APP),)
