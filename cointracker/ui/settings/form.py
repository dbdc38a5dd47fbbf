"""The form: what can be set, what it costs, and what came of saving it."""

from __future__ import annotations

import streamlit as st

from cointracker import config
from cointracker.services.access import Right
from cointracker.ui import access
from cointracker.ui.fragments import fragment
from cointracker.ui.i18n import t
from cointracker.ui.settings import cost, wishes, words
from cointracker.ui.settings.fields import Fields


@fragment()
def show() -> None:
    """Draw the form; each change of a field redraws it alone, a save the whole page."""
    if wishes.has_saved():
        st.rerun()
    changes = wishes.pending()
    fields = Fields(wishes.trouble(changes), access.may(Right.WRITE))
    with st.container(width=560, key="settings"):
        _market(fields)
        _coingecko(fields)
        cost.show(changes)
        _ranking(fields)
        _standing(fields)
        _reading(fields)
        _access(fields)
        st.button(
            t("Save"), type="primary", on_click=wishes.save, disabled=not fields.is_open,
            key="save-settings",
        )  # fmt: skip
        _notice()


def _market(fields: Fields) -> None:
    st.subheader(t("Market"), anchor=False)
    fields.choice("source", t("Source"), config.SOURCES)
    fields.choice(
        "quote_currency", t("Quote currency"), config.CURRENCIES, words.currency,
        about=t("Each currency has a history of its own; nothing is converted."),
    )  # fmt: skip
    fields.number("top_coins", t("Coins"), t("How many to follow, largest first: 1 to 1,000."))
    fields.number(
        "update_interval_seconds", t("Seconds between refreshes"),
        t("From 60 to 86,400, which is a day."),
    )  # fmt: skip


def _coingecko(fields: Fields) -> None:
    st.subheader("CoinGecko", anchor=False)
    fields.secret(
        "coingecko_key", t("API key"),
        t("It is kept on the server and sent to CoinGecko alone. An empty field changes nothing."),
    )  # fmt: skip
    fields.choice(
        "coingecko_plan", t("Plan"), config.PLANS,
        about=t("It decides how many calls are made. A new key is taken for a Demo key."),
    )  # fmt: skip


def _ranking(fields: Fields) -> None:
    st.subheader(t("Ranking"), anchor=False)
    fields.choice("stability_model", t("Stability model"), config.STABILITY_MODELS)
    fields.number(
        "history_days", t("Days of history for stability"), t("From 3 to 365; 7 is usual.")
    )


def _standing(fields: Fields) -> None:
    st.subheader(t("Social standing"), anchor=False)
    for name, label in (
        ("standing_url_1", t("First address")),
        ("standing_url_2", t("Second address")),
    ):
        fields.secret(
            name, label, t("It may hold a key, so only its host is shown."), autocomplete="off"
        )
    fields.secret("lunarcrush_key", t("LunarCrush key"), t("It is used when no address is set."))


def _reading(fields: Fields) -> None:
    st.subheader(t("Language"), anchor=False)
    fields.choice(
        "language", t("Language of the dashboard"), ("", *config.LANGUAGES),
        about=t("For readers who have not chosen one."),
    )  # fmt: skip


def _access(fields: Fields) -> None:
    st.subheader(t("Access"), anchor=False)
    fields.choice(
        "access", t("Who may look"), ("", *config.ACCESS_MODES), words.access_mode,
        about=t("Changes need an admin who is logged in, whatever is chosen."),
    )  # fmt: skip


def _notice() -> None:
    told = wishes.notice()
    if told is None:
        return
    went_well, text = told
    if went_well:
        st.success(text, icon=":material/check:")
    else:
        st.error(text, icon=":material/error:")
