"""What the form's settings cost in calls, before they are saved."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from cointracker.core.services import services
from cointracker.features.settings.call_forecast import Forecast
from cointracker.features.settings.service import SettingsService
from cointracker.ui.i18n import reader, t, tn


def show(changes: Mapping[str, object]) -> None:
    """Draw the calls that a refresh and a month take, and how refreshes are stretched for them."""
    forecast = services()[SettingsService].forecast(changes)
    if forecast is None:
        st.info(t("This market needs no calls."), icon=":material/data_usage:")
        return
    if forecast.is_stretched:
        st.warning(f"{_asked(forecast)} {_stretched(forecast)}", icon=":material/warning:")
    else:
        st.info(_asked(forecast), icon=":material/data_usage:")


def _asked(forecast: Forecast) -> str:
    calls = tn(
        "{count} call per refresh.",
        "{count} calls per refresh.",
        forecast.calls_per_refresh,
    )
    month = t(
        "Refreshing every {interval} makes {month} calls in 30 days; the plan allows {allowed}, "
        "and {minute} per minute.",
        interval=reader().age(forecast.asked_interval_seconds),
        month=reader().whole(forecast.asked_calls_a_month),
        allowed=reader().whole(forecast.plan.per_month),
        minute=reader().whole(forecast.plan.per_minute),
    )
    return f"{calls} {month}"


def _stretched(forecast: Forecast) -> str:
    return t(
        "**The plan does not allow that.** Refreshes will be slowed to one every {interval}: "
        "{month} calls in 30 days.",
        interval=reader().age(forecast.interval_seconds),
        month=reader().whole(forecast.calls_a_month),
    )
