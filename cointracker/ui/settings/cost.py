"""What the form's settings cost in calls to CoinGecko, before they are saved."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from cointracker.services import services
from cointracker.services.sustaining import Forecast
from cointracker.ui.i18n import reader, t, tn


def show(changes: Mapping[str, object]) -> None:
    """Draw the calls that a refresh and a month take, and how refreshes are stretched for them."""
    settings = services().settings
    source = changes.get("source", settings.current().source)
    if source == "simulated":
        st.info(t("The simulated market takes no calls."), icon=":material/data_usage:")
        return
    found = settings.forecast(changes)
    if found.is_stretched:
        st.warning(f"{_asked(found)} {_stretched(found)}", icon=":material/warning:")
    else:
        st.info(_asked(found), icon=":material/data_usage:")


def _asked(found: Forecast) -> str:
    calls = tn(
        "{count} call to CoinGecko a refresh.", "{count} calls to CoinGecko a refresh.",
        found.calls_per_refresh,
    )  # fmt: skip
    month = t(
        "A refresh every {interval} makes {month} calls in 30 days; the plan allows {allowed},"
        " and {minute} a minute.",
        interval=reader().age(found.asked_interval_seconds),
        month=reader().whole(found.asked_calls_a_month),
        allowed=reader().whole(found.plan.per_month),
        minute=reader().whole(found.plan.per_minute),
    )
    return f"{calls} {month}"


def _stretched(found: Forecast) -> str:
    return t(
        "**The plan does not sustain that.** Refreshes will be stretched to one every"
        " {interval}: {month} calls in 30 days.",
        interval=reader().age(found.interval_seconds),
        month=reader().whole(found.calls_a_month),
    )
