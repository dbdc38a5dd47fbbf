"""Our errors in the reader's words: what happened, what is shown, what comes next."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

import streamlit as st

from cointracker import config
from cointracker.errors import AccessError, CoinTrackerError, InvalidAccount, SourceError
from cointracker.i18n import N_, isolated
from cointracker.services.monitoring import Status
from cointracker.ui.i18n import reader, t, when

log = logging.getLogger(__name__)

SOURCE_NAMES = {
    "coingecko": "CoinGecko",
    "coinpaprika": "CoinPaprika",
    "lunarcrush": "LunarCrush",
    "simulated": N_("simulated market"),
    "standing-1": N_("first standing source"),
    "standing-2": N_("second standing source"),
    "watchlists": N_("watchlists on CoinGecko"),
}
MEANINGS = {
    "SourceUnreachable": N_("{source} could not be reached"),
    "RateLimited": N_("{source} asks us to wait"),
    "AccessRefused": N_("{source} refused access"),
    "NotFound": N_("{source} does not know what was asked"),
    "SourceUnavailable": N_("{source} cannot serve at the moment"),
    "MalformedAnswer": N_("{source} sent an answer that cannot be used"),
    "BudgetSpent": N_("{source} was not asked, to keep to the number of calls it allows"),
    "DiskFull": N_("The disk is full: nothing more can be stored, what is stored stays readable"),
    "CircuitOpen": N_("{source} failed several times in a row and is left alone for a while"),
}
FIELDS = {
    "name": N_("Name"), "password": N_("Password"), "role": N_("Role"), "scope": N_("Scope"),
    "days": N_("Holds for"),
}  # fmt: skip
ACCOUNT_PROBLEMS = {
    config.TOO_SHORT: N_("at least {low} characters are needed"),
    config.TOO_LONG: N_("at most {high} bytes; a letter that is not Latin takes two to four"),
    config.NO_PASSWORD: N_("no control characters"),
}
"""In other words than those for who starts the server; the others are told as they are."""
WAITS = ("RateLimited", "BudgetSpent", "CircuitOpen")
STORAGE = N_("The database could not be written")
ADDRESS = re.compile(r"https?:|ftp:|www|@|xmpp:|mailto:", re.IGNORECASE)
MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:])")


def source_name(source: str) -> str:
    """A source's name in the reader's language; a proper name stays as it is, isolated."""
    return isolated(t(SOURCE_NAMES.get(source, source)))


def meaning(source: str, error: str | None) -> str:
    """What a failure means, in plain words without its details."""
    return t(MEANINGS.get(error or "", STORAGE), source=source_name(source))


def told(source: str, error: str | None, reason: str | None) -> str:
    """A failure in plain words, with the details behind them, as Markdown."""
    what = meaning(source, error)
    details = isolated(plain(t(reason).rstrip("."))) if reason else ""
    return f"{what}: {details}." if details else f"{what}."


def of_last(status: Status) -> str:
    """Why the main source gave nothing the last time, and before when it is not asked again.

    As Markdown; empty when it did give something.
    """
    last = status.last
    if last is None or (last.error is None and not status.is_failing):
        return ""
    what = told(status.source, last.error, last.reason)
    if last.error not in WAITS or status.may_ask_at is None:
        return what
    until = t("It is not asked before {instant}.", instant=when(status.may_ask_at))
    return f"{what} {until}"


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
        return t("This is not allowed to you.")
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
    st.error(t("This cannot be shown: {problem}", problem=plain(str(error))))
    return True
