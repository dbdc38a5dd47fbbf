"""What head and foot of a page say when the second source's figures are shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from cointracker.core.errors import RateLimited, SourceError
from cointracker.core.services import install
from cointracker.core.settings import Settings
from cointracker.features.accounts.ui import account_menu
from cointracker.features.monitoring.refresh import RefreshService
from cointracker.markets.crypto import CRYPTO
from cointracker.providers.base import MarketBatch
from cointracker.storage.database import Database
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
    from cointracker.core.services import services
    from cointracker.features.market.rankings import MarketService
    from cointracker.features.monitoring.ui import footer, header

    footer.show(header.show("Ranking"), services()[MarketService].snapshot())


@pytest.fixture
def source(clock: FakeClock) -> Standing:
    return Standing(clock, [row("bitcoin")], name="coingecko")


@pytest.fixture
def refresh(
    database: Database, source: Standing, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RefreshService]:
    # It links to pages, and there is one alone.
    monkeypatch.setattr(account_menu, "show", lambda: None)
    refresh = RefreshService(database, source, count=9, clock=clock)
    due = partial(_in_five_minutes, clock)
    given = Settings(language="en")
    install(served(database, source, market=CRYPTO, refresh=refresh, next_at=due, given=given))
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
    assert "CoinGecko is not responding." in text
    assert "Until it does, prices come from CoinPaprika" in text
    assert "CoinGecko asks us to wait: slow down (429)." in text
    assert "Prices provided by [CoinPaprika](https://coinpaprika.com)" in text
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
    assert "Until it does, prices come from CoinPaprika" in text
    assert text.count("gone") == 1
    assert "slow down" not in text
