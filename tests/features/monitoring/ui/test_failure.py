"""What the head of a page says of a source that is not asked for a while."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from cointracker.bootstrap.features import FEATURES
from cointracker.core.services import Services, install
from cointracker.core.settings import Settings
from cointracker.markets.crypto import CRYPTO
from tests.fakes import NOON


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    install(Services(FEATURES, Settings(language="en"), source_names=CRYPTO.source_names))
    yield
    install(None)


def page(error: str | None, outcome: str, waits: bool) -> None:
    from datetime import timedelta

    import streamlit as st

    from cointracker.features.monitoring.service import Status
    from cointracker.features.monitoring.store.refreshes import Refresh
    from cointracker.features.monitoring.ui import failure
    from cointracker.markets.crypto import CRYPTO
    from tests.fakes import NOON

    last = Refresh(1, NOON, NOON, "test", "coingecko", outcome, error, "why", 0, 0)
    status = Status(
        now=NOON,
        market=CRYPTO,
        is_substitute=False,
        interval_seconds=300,
        asked_interval_seconds=300,
        is_running=False,
        snapshot=None,
        last=last,
        next_at=None,
        may_ask_at=NOON + timedelta(minutes=17) if waits else None,
    )
    st.text(failure.of_last(status) or "nothing")


def said(error: str | None, outcome: str = "failed", *, waits: bool = True) -> str:
    app = AppTest.from_function(page, args=(error, outcome, waits), default_timeout=30).run()
    assert not app.exception
    return "".join(sign for sign in app.text[0].value if sign not in "\u2066\u2067\u2068\u2069\\")


@pytest.mark.parametrize(
    ("error", "what"),
    [
        ("RateLimited", "CoinGecko asks us to wait: why."),
        ("BudgetSpent", "CoinGecko was not called, to stay within its call limit: why."),
        ("CircuitOpen", "CoinGecko failed several times in a row and is paused for a while"),
    ],
)
@pytest.mark.parametrize("outcome", ["failed", "stored"])
def test_it_says_before_when_it_is_not_asked(error: str, what: str, outcome: str) -> None:
    text = said(error, outcome)
    assert text.startswith(what)
    assert "Next request not before" in text
    at = NOON + timedelta(minutes=17)
    assert f"{at:%H:%M}" in text
    assert "not asked before" not in said(error, outcome, waits=False)


def test_a_failure_that_is_tried_again_at_once_names_no_instant() -> None:
    assert said("SourceUnavailable") == "CoinGecko is unavailable at the moment: why."


def test_a_source_that_answered_is_said_nothing_of() -> None:
    assert said(None, "stored") == "nothing"
