"""Who reads and what they look at: language, time zone, theme, page, past instant."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import streamlit as st

from cointracker.core.i18n import UTC_ZONE, preferred
from cointracker.core.languages import LANGUAGES
from cointracker.core.server_settings import LANGUAGE as LANGUAGE_SETTING
from cointracker.core.services import services
from cointracker.ui import address, state

LANGUAGE = "lang"
AT = "at"
HERE, DRAWN_AT, CHANGE_TOKEN = "_here", "_drawn_at", "_change_token"


def browser_locale() -> str:
    """The locale that the browser tells, empty when it tells none."""
    return st.context.locale or ""


def browser_language() -> str:
    """The language before the reader chose one: the setting's, else the browser's."""
    return services().settings[LANGUAGE_SETTING] or preferred(browser_locale())


def language_code() -> str:
    """The code of the language to show: the chosen one, else the address's, else the browser's."""
    return str(address.value(LANGUAGE, browser_language(), LANGUAGES))


def remember_here() -> None:
    """Note the address of this page, to come back to it after logging in."""
    path = urlsplit(st.context.url or "").path.lstrip("/")
    query = urlencode(st.query_params.to_dict())
    state.put(HERE, f"/{path}?{query}" if query else f"/{path}")


def here() -> str:
    """The address of the last page that could be come back to: path and query."""
    return state.value(HERE, home())


def home() -> str:
    """The address of the first page, in the language that the reader chose."""
    chosen = st.query_params.get(LANGUAGE)
    return f"/?{urlencode({LANGUAGE: chosen})}" if chosen else "/"


def zone() -> ZoneInfo:
    """The browser's time zone; UTC where it tells none that is known."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (KeyError, ValueError, OSError):
        return UTC_ZONE


def is_dark() -> bool:
    """Whether the reader's theme is dark."""
    return bool(st.context.theme.type == "dark")


def is_touched() -> bool:
    """Whether the page is moved by a finger, which then must not mark anything in a chart."""
    agent = st.context.headers.get("User-Agent") or ""
    return "Mobi" in agent or "Android" in agent


def travelled_to() -> datetime | None:
    """The past instant that the address asks for; None for the newest snapshot.

    Raises ValueError when the address holds something else.
    """
    text = address.value(AT, "")
    address.tell(AT, "")
    if not text:
        return None
    instant = datetime.fromisoformat(text)
    try:
        return instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(UTC)
    except OverflowError as exc:
        raise ValueError(text) from exc


def travel_to(instant: datetime | None) -> None:
    """Show the snapshot of a past instant, the newest one for None."""
    text = "" if instant is None else instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
    address.put(AT, text, "")


def remember_travel() -> None:
    """Note the instant that the page is being drawn for."""
    state.put(DRAWN_AT, address.value(AT, ""))


def has_travelled() -> bool:
    """Whether the address asks for another instant than the page was drawn for."""
    return bool(state.value(DRAWN_AT) != address.value(AT, ""))


def last_change_token() -> tuple[str, int] | None:
    """The change token (see `Status`) that this page was drawn with."""
    return cast("tuple[str, int] | None", state.value(CHANGE_TOKEN))


def remember_change_token(change_token: tuple[str, int]) -> None:
    """Note the change token that the page is being drawn with."""
    state.put(CHANGE_TOKEN, change_token)
