"""What head and foot of a page say when the second source's figures are shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from cointracker.errors import RateLimited, SourceError
from cointracker.services import install
from cointracker.services.refresh import RefreshService
from cointracker.sources.base import MarketBatch
from cointracker.storage.database import Database
from cointracker.ui import menu
from tests.fakes import FakeClock, ListedSource, row
from tests.serving import served


class Standing(ListedSource):
    """A source for which another one stands in while `failure` is set."""

    failure: SourceError | None = None

    def fetch_markets(self, count: int) -> MarketBatch:
        batch = super().fetch_markets(count)
        if self.failure is None:
            return batch
        return replace(batch, source="coinpaprika", stands_in_for=self.failure)


def page() -> None:
    from cointracker.services import services
    from cointracker.ui import footer, header

    footer.show(header.show("Ranking"), services().market.snapshot())


@pytest.fixture
def source(clock: FakeClock) -> Standing:
    return Standing(clock, [row("bitcoin")], name="coingecko")


@pytest.fixture
def refresh(
    database: Database, source: Standing, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RefreshService]:
    monkeypatch.setattr(menu, "show", lambda: None)  # it links to pages, and there is one alone
    refresh = RefreshService(database, source, count=9, clock=clock)
    due = partial(_in_five_minutes, clock)
    install(served(database, source, name="coingecko", refresh=refresh, next_at=due, language="en"))
    yield refresh
    install(None)


def _in_five_minutes(clock: FakeClock) -> datetime:
    return clock() + timedelta(minutes=5)


def said() -> str:
    app = AppTest.from_function(page, default_timeout=30).run()
    assert not app.exception
    text = " ".join(each.value for each in [*app.markdown, *app.caption])
    return "".join(sign for sign in text if sign not in "\u2066\u2067\u2068\u2069\\")


def test_the_main_source_s_figures_are_its_own(refresh: RefreshService) -> None:
    refresh.run("test")
    text = said()
    assert "Source: CoinGecko, 1 coin." in text
    assert "Data provided by [CoinGecko](https://www.coingecko.com)." in text
    assert "CoinPaprika" not in text


def test_the_second_source_s_are_said_to_be_so(
    source: Standing, refresh: RefreshService, clock: FakeClock
) -> None:
    source.failure = RateLimited("coingecko", "slow down (429)")
    refresh.run("test")
    text = said()
    assert "Source: CoinPaprika, 1 coin." in text
    assert "CoinGecko does not answer." in text
    assert "These figures are CoinPaprika's" in text
    assert "CoinGecko asks us to wait: slow down (429)." in text
    assert "Figures provided by [CoinPaprika](https://coinpaprika.com)" in text
    assert "[CoinGecko](https://www.coingecko.com)" in text
    source.failure = None
    clock.move(minutes=5)
    refresh.run("test")
    assert "CoinPaprika" not in said()


def test_when_both_fail_both_are_told_of(
    source: Standing, refresh: RefreshService, clock: FakeClock
) -> None:
    source.failure = RateLimited("coingecko", "slow down")
    refresh.run("test")
    source.error = SourceError("coingecko", "gone")
    clock.move(minutes=5)
    refresh.run("test")
    text = said()
    assert "These figures are CoinPaprika's" in text
    assert text.count("gone") == 1
    assert "slow down" not in text
