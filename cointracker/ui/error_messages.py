"""Our errors in the reader's words: what happened, what is shown, what comes next."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

import streamlit as st

from cointracker.core import parsers
from cointracker.core.errors import AccessError, CoinTrackerError, InvalidAccount, SourceError
from cointracker.core.i18n import N_, isolated
from cointracker.core.services import services
from cointracker.ui.i18n import reader, t

log = logging.getLogger(__name__)

MEANINGS = {
    "SourceUnreachable": N_("{source} could not be reached"),
    "RateLimited": N_("{source} asks us to wait"),
    "AccessRefused": N_("{source} refused access"),
    "NotFound": N_("{source} does not know what was requested"),
    "SourceUnavailable": N_("{source} is unavailable at the moment"),
    "MalformedAnswer": N_("{source} sent an unusable response"),
    "BudgetSpent": N_("{source} was not called, to stay within its call limit"),
    "DiskFull": N_("The disk is full: nothing more can be stored; existing data stays readable"),
    "CircuitOpen": N_("{source} failed several times in a row and is paused for a while"),
}
FIELDS = {
    "name": N_("Name"),
    "password": N_("Password"),
    "role": N_("Role"),
    "scope": N_("Scope"),
    "days": N_("Valid for"),
}
ACCOUNT_PROBLEMS = {
    parsers.TOO_SHORT: N_("at least {low} characters are required"),
    parsers.TOO_LONG: N_("at most {high} bytes; a non-Latin letter takes two to four"),
    parsers.NO_PASSWORD: N_("no control characters"),
}
"""In other words than those for who starts the server; the others are told as they are."""
WAITS = ("RateLimited", "BudgetSpent", "CircuitOpen")
STORAGE = N_("The database could not be written")
ADDRESS = re.compile(r"https?:|ftp:|www|@|xmpp:|mailto:", re.IGNORECASE)
MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:])")


def source_name(source: str) -> str:
    """A source's name in the reader's language; a proper name stays as it is, isolated."""
    return isolated(t(services().source_names.get(source, source)))


def meaning(source: str, error: str | None) -> str:
    """What a failure means, in plain words without its details."""
    return t(MEANINGS.get(error or "", STORAGE), source=source_name(source))


def told(source: str, error: str | None, reason: str | None) -> str:
    """A failure in plain words, with the details behind them, as Markdown."""
    what = meaning(source, error)
    details = isolated(plain(t(reason).rstrip("."))) if reason else ""
    return f"{what}: {details}." if details else f"{what}."


def of(action: Callable[[], object]) -> str:
    """Do something; returns what went wrong in plain words, empty when it went well."""
    try:
        action()
    except CoinTrackerError as exc:
        return in_words(exc)
    return ""


def in_words(error: CoinTrackerError) -> str:
    """An error in plain words, as Markdown; it is logged as well."""
    if isinstance(error, SourceError):
        log.warning("%s", error)
        return told(error.source, type(error).__name__, error.problem)
    if isinstance(error, InvalidAccount):
        return _of_account(error)
    if isinstance(error, AccessError):
        return t("You don't have permission.")
    log.error("%s", error)
    return plain(str(error))


def _of_account(error: InvalidAccount) -> str:
    """What is wrong with a user or a token, the field first."""
    values = {
        name: reader().whole(value) if isinstance(value, int) else value
        for name, value in error.values.items()
    }
    said = t(ACCOUNT_PROBLEMS.get(error.template, error.template), **values)
    return f"{t(FIELDS.get(error.field, error.field))}: {plain(said)}."


def plain(text: str) -> str:
    """Text of others so that Markdown shows it as it is, and makes no links of addresses in it."""
    return MARKUP.sub(r"\\\1", ADDRESS.sub("\\g<0>\u2060", text))


def show(error: Exception) -> bool:
    """Draw an error that a page did not expect; True when it is one of ours and now shown."""
    if not isinstance(error, CoinTrackerError):
        log.exception("a page failed", exc_info=error)
        st.error(t("This page could not be drawn. The log says why; your data is untouched."))
        return True
    log.error("a page failed: %s", error)
    st.error(t("This can't be shown: {problem}", problem=plain(str(error))))
    return True
