"""What the head of a page says of a source that is not asked for a while."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from cointracker.services import install
from tests.fakes import NOON


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    install(SimpleNamespace(language="en"))  # type: ignore[arg-type]
    yield
    install(None)


def page(error: str | None, outcome: str, waits: bool) -> None:
    from datetime import timedelta

    import streamlit as st

    from cointracker.services.monitoring import Status
    from cointracker.storage.refreshes import Refresh
    from cointracker.ui import problems
    from tests.fakes import NOON

    last = Refresh(1, NOON, NOON, "test", "coingecko", outcome, error, "why", 0, 0)
    status = Status(
        now=NOON, source="coingecko", is_fallback=False, interval_seconds=300,
        asked_interval_seconds=300, is_running=False, snapshot=None, last=last, next_at=None,
        may_ask_at=NOON + timedelta(minutes=17) if waits else None,
    )  # fmt: skip
    st.text(problems.of_last(status) or "nothing")


def said(error: str | None, outcome: str = "failed", *, waits: bool = True) -> str:
    app = AppTest.from_function(page, args=(error, outcome, waits), default_timeout=30).run()
    assert not app.exception
    return "".join(sign for sign in app.text[0].value if sign not in "\u2066\u2067\u2068\u2069\\")


@pytest.mark.parametrize(
    ("error", "what"),
    [
        ("RateLimited", "CoinGecko asks us to wait: why."),
        ("BudgetSpent", "CoinGecko was not asked, to keep to the number of calls it allows: why."),
        ("CircuitOpen", "CoinGecko failed several times in a row and is left alone for a while"),
    ],
)
@pytest.mark.parametrize("outcome", ["failed", "stored"])
def test_it_says_before_when_it_is_not_asked(error: str, what: str, outcome: str) -> None:
    text = said(error, outcome)
    assert text.startswith(what)
    assert "It is not asked before" in text
    at = NOON + timedelta(minutes=17)
    assert f"{at:%H:%M}" in text
    assert "not asked before" not in said(error, outcome, waits=False)


def test_a_failure_that_is_tried_again_at_once_names_no_instant() -> None:
    assert said("SourceUnavailable") == "CoinGecko cannot serve at the moment: why."


def test_a_source_that_answered_is_said_nothing_of() -> None:
    assert said(None, "stored") == "nothing"
