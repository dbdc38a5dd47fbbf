"""Declares accounts: users, sessions and tokens, their pages and the calls of login."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cointracker.core.feature import Feature, Page, Route
from cointracker.core.i18n import N_
from cointracker.core.rights import Right
from cointracker.core.services import Services
from cointracker.features.accounts.auth_services import auth_services
from cointracker.features.accounts.migrations import MIGRATIONS
from cointracker.features.accounts.passwords import Passwords
from cointracker.features.accounts.settings import ADMIN_PASSWORD
from cointracker.features.audit.service import AuditService


def _routers() -> Sequence[Any]:
    from cointracker.features.accounts.api import router

    return (router,)


def _app_services(known: Services, database: Any) -> Iterable[Any]:
    built = auth_services(database, known[AuditService], known.clock, known.get(Passwords))
    return (built.accounts, built.sessions, built.tokens)


ACCOUNTS = Feature(
    name="accounts",
    pages=(
        Page("login", "pages/login.py", N_("Log in"), Right.OPEN),
        Page("account", "pages/account.py", N_("Account"), Right.OWN),
        Page("users", "pages/users.py", N_("Users"), Right.MANAGE),
    ),
    routes=(
        Route("POST", "/api/auth/login/", Right.OPEN),
        Route("POST", "/api/auth/logout/", Right.OPEN),
        Route("GET", "/api/auth/check/", Right.OPEN),
        Route("POST", "/api/auth/ticket/", Right.OPEN),
    ),
    routers=_routers,
    migrations=MIGRATIONS,
    settings=(ADMIN_PASSWORD,),
    audit_actions={
        "login": N_("logged in"),
        "login.blocked": N_("blocked after too many attempts"),
        "logout": N_("logged out"),
        "user.add": N_("added a user"),
        "user.role": N_("changed a role"),
        "user.password": N_("set a password"),
        "user.remove": N_("removed a user"),
        "token.make": N_("created a token"),
        "token.revoke": N_("revoked a token"),
    },
    app_services=_app_services,
)
