"""The sources that are asked over the network, as the settings say."""

from __future__ import annotations

import time
from collections.abc import Callable

from cointracker.config import Settings
from cointracker.i18n import N_
from cointracker.services.sustaining import forecast, plan_of
from cointracker.sources import coingecko, coinpaprika, standing
from cointracker.sources.base import Clock, utc_now
from cointracker.sources.budget import PLANS
from cointracker.sources.discipline import Discipline
from cointracker.sources.http import Limits, new_session

Disciplines = dict[str, Discipline]
"""What calls to each source are held to, by the source's name."""


def live_interval(settings: Settings) -> int:
    """Seconds between refreshes of the live source: as asked, or as its plan can sustain."""
    return forecast(settings, coingecko.calls_for).interval_seconds


def live_disciplines(
    settings: Settings,
    clock: Clock = utc_now,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] | None = None,
) -> Disciplines:
    """What calls to CoinGecko and to CoinPaprika are held to.

    sleep stands in for waits that `Discipline.stop` ends.
    """
    plans = {
        coingecko.NAME: (plan_of(settings), coingecko.calls_for(settings.top_coins)),
        coinpaprika.NAME: (PLANS[coinpaprika.NAME], 1),
    }
    return {
        name: Discipline(
            name, plan, refresh_calls=calls, clock=clock, monotonic=monotonic, sleep=sleep
        )
        for name, (plan, calls) in plans.items()
    }


def hold_to(
    disciplines: Disciplines, settings: Settings, *, is_other_account: bool
) -> Callable[[], None]:
    """Hold the calls to CoinGecko to what these settings say from now on; returns what undoes it.

    is_other_account: whether waits that it asked for, and its failures, were another's.
    """
    return disciplines[coingecko.NAME].hold_to(
        plan_of(settings),
        coingecko.calls_for(settings.top_coins),
        is_other_account=is_other_account,
    )


def live_source(
    settings: Settings,
    clock: Clock = utc_now,
    limits: Limits | None = None,
    use_proxies: bool = True,
) -> coingecko.CoinGecko:
    """CoinGecko as the settings say."""
    return coingecko.connect(
        settings.coingecko_url,
        key=settings.coingecko_key,
        plan=settings.coingecko_plan,
        quote_currency=settings.quote_currency,
        session=new_session(use_proxies=use_proxies),
        limits=limits,
        clock=clock,
    )


def second_source(
    settings: Settings,
    clock: Clock = utc_now,
    limits: Limits | None = None,
    *,
    use_proxies: bool = True,
) -> tuple[coinpaprika.CoinPaprika | None, str]:
    """CoinPaprika as the settings say, or None and why not."""
    if not settings.coinpaprika_url:
        return None, N_("the settings turn it off")
    if settings.quote_currency not in coinpaprika.QUOTES:
        return None, N_("it does not quote in this currency")
    source = coinpaprika.connect(
        settings.coinpaprika_url,
        quote_currency=settings.quote_currency,
        session=new_session(use_proxies=use_proxies),
        limits=limits,
        clock=clock,
    )
    return source, ""


def standing_sources(
    settings: Settings, clock: Clock = utc_now, *, use_proxies: bool = True
) -> list[standing.StandingClient]:
    """Who is asked for standing, the first before the second; LunarCrush where neither is set."""
    urls = {standing.FIRST: settings.standing_url_1, standing.SECOND: settings.standing_url_2}
    found = [
        standing.connect(name, url, session=new_session(use_proxies=use_proxies), clock=clock)
        for name, url in urls.items()
        if url
    ]
    if not found and settings.lunarcrush_key:
        session = new_session(use_proxies=use_proxies)
        found = [standing.connect_lunarcrush(settings.lunarcrush_key, session=session, clock=clock)]
    return found
