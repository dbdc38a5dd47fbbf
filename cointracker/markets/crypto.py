"""The live crypto market: CoinGecko, with CoinPaprika to stand in and social standing beside."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cointracker.core import parsers
from cointracker.core.errors import ConfigError
from cointracker.core.i18n import N_
from cointracker.core.settings import Field, NameOf, Rule, Secrecy, Section, Setting, Settings
from cointracker.markets.declaration import CallPlan, Connection, Fallback, Market, MarketSources
from cointracker.markets.settings import QUOTE_CURRENCY, TOP_COINS
from cointracker.providers.call_policy.budget import PLANS, Plan
from cointracker.providers.call_policy.client import under_policy
from cointracker.providers.call_policy.policy import ONCE
from cointracker.providers.coingecko import source as coingecko
from cointracker.providers.coinpaprika import source as coinpaprika
from cointracker.providers.http import Limits, new_session
from cointracker.providers.social import standing

PUBLIC_URL = "https://api.coingecko.com/api/v3"
PRO_URL = "https://pro-api.coingecko.com/api/v3"
COINPAPRIKA_URL = "https://api.coinpaprika.com/v1"
KEYLESS, DEMO, PRO = "keyless", "demo", "pro"
PLAN_NAMES = {KEYLESS: N_("Without a key"), DEMO: "Demo", PRO: "Pro"}
CURRENCIES = (
    "usd",
    "aed",
    "ars",
    "aud",
    "bdt",
    "bhd",
    "bmd",
    "brl",
    "btc",
    "cad",
    "chf",
    "clp",
    "cny",
    "czk",
    "dkk",
    "eth",
    "eur",
    "gbp",
    "gel",
    "hkd",
    "huf",
    "idr",
    "ils",
    "inr",
    "jpy",
    "krw",
    "kwd",
    "lkr",
    "mmk",
    "mxn",
    "myr",
    "ngn",
    "nok",
    "nzd",
    "php",
    "pkr",
    "pln",
    "rub",
    "sar",
    "sek",
    "sgd",
    "thb",
    "try",
    "twd",
    "uah",
    "vnd",
    "zar",
)
"""What CoinGecko quotes in, the usual one first; source: its documentation's list of currencies."""
PING_LIMITS = Limits(connect_seconds=3.0, read_seconds=4.0, total_seconds=5.0)
FALLBACK_INTERVAL = timedelta(hours=6)
"""How often CoinPaprika's coins are compared with CoinGecko's while that answers."""

URL = Setting("coingecko_url", PUBLIC_URL, parsers.url, "COINGECKO_URL")
KEY = Setting(
    "coingecko_key",
    "",
    parsers.key,
    "COINGECKO_KEY",
    Secrecy.KEY,
    Field(
        N_("API key"),
        N_(
            "It is stored on the server and sent only to CoinGecko. Leave the field empty to"
            " keep it."
        ),
    ),
)
PLAN = Setting(
    "coingecko_plan",
    KEYLESS,
    parsers.choice(*PLAN_NAMES),
    "COINGECKO_PLAN",
    field=Field(
        N_("Plan"),
        N_("It determines how many calls are made. A new key is assumed to be a Demo key."),
        tuple(PLAN_NAMES),
        PLAN_NAMES,
    ),
)
CALLS_PER_MINUTE = Setting(
    "coingecko_calls_per_minute", 0, parsers.whole(0, 10_000), "COINGECKO_CALLS_PER_MINUTE"
)
CALLS_PER_MONTH = Setting(
    "coingecko_calls_per_month", 0, parsers.whole(0, 1_000_000_000), "COINGECKO_CALLS_PER_MONTH"
)
"""Both are 0 where those of the plan hold."""
FALLBACK_URL = Setting("coinpaprika_url", COINPAPRIKA_URL, parsers.url_or_off, "COINPAPRIKA_URL")
"""Empty when nothing is to stand in."""


def _standing_url(number: int, label: str) -> Setting[str]:
    about = N_("It may contain a key, so only its host is shown.")
    return Setting(
        f"standing_url_{number}",
        "",
        parsers.address,
        f"STANDING_URL_{number}",
        Secrecy.ADDRESS,
        Field(label, about, autocomplete="off"),
    )


STANDING_URL_1 = _standing_url(1, N_("First address"))
STANDING_URL_2 = _standing_url(2, N_("Second address"))
LUNARCRUSH_KEY = Setting(
    "lunarcrush_key",
    "",
    parsers.key,
    "LUNARCRUSH_KEY",
    Secrecy.KEY,
    Field(N_("LunarCrush key"), N_("Used when no address is set.")),
)


def call_plan(settings: Settings) -> CallPlan:
    """The calls that CoinGecko allows, the plan's or what the settings say, and a refresh makes."""
    known = PLANS[settings[PLAN]]
    allowed = Plan(
        per_minute=settings[CALLS_PER_MINUTE] or known.per_minute,
        per_month=settings[CALLS_PER_MONTH] or known.per_month,
    )
    return CallPlan(allowed, coingecko.calls_for(settings[TOP_COINS]))


def call_plans(settings: Settings) -> Mapping[str, CallPlan]:
    """What calls to CoinGecko and to CoinPaprika are held to."""
    return {
        coingecko.NAME: call_plan(settings),
        coinpaprika.NAME: CallPlan(PLANS[coinpaprika.NAME], 1, FALLBACK_INTERVAL),
    }


def connect(settings: Settings, connection: Connection) -> MarketSources:
    """CoinGecko, CoinPaprika and the sources of standing, each under its policy if it has one."""
    main, fallback = _coingecko(settings, connection), _fallback(settings, connection)
    policies = connection.policies
    if main.name in policies:
        main = replace(main, client=under_policy(main.client, policies[main.name]))
    other = fallback.source
    if isinstance(other, coinpaprika.CoinPaprika) and other.name in policies:
        other = replace(other, client=under_policy(other.client, policies[other.name]))
        fallback = replace(fallback, source=other)
    return MarketSources(main, fallback, indicators=_indicators(settings, connection))


def ping(settings: Settings, connection: Connection) -> None:
    """One call, never repeated. Raises SourceError when CoinGecko does not answer."""
    with closing(_coingecko(settings, replace(connection, limits=PING_LIMITS))) as source:
        policy = connection.policies[source.name]
        replace(source, client=under_policy(source.client, policy, ONCE)).ping()


def _coingecko(settings: Settings, connection: Connection) -> coingecko.CoinGecko:
    return coingecko.connect(
        settings[URL],
        key=settings[KEY],
        plan=settings[PLAN],
        quote_currency=settings[QUOTE_CURRENCY],
        session=new_session(use_proxies=connection.use_proxies),
        limits=connection.limits,
        clock=connection.clock,
    )


def _fallback(settings: Settings, connection: Connection) -> Fallback:
    if not settings[FALLBACK_URL]:
        return Fallback(None, N_("it is turned off in the settings"))
    if settings[QUOTE_CURRENCY] not in coinpaprika.QUOTES:
        return Fallback(None, N_("it does not quote in this currency"))
    source = coinpaprika.connect(
        settings[FALLBACK_URL],
        quote_currency=settings[QUOTE_CURRENCY],
        session=new_session(use_proxies=connection.use_proxies),
        limits=connection.limits,
        clock=connection.clock,
    )
    return Fallback(source)


def _indicators(settings: Settings, connection: Connection) -> list[standing.StandingClient]:
    """Who is asked for standing, the first before the second; LunarCrush where neither is set."""
    urls = {standing.FIRST: settings[STANDING_URL_1], standing.SECOND: settings[STANDING_URL_2]}
    clock = connection.clock
    sources = [
        standing.connect(
            name, url, session=new_session(use_proxies=connection.use_proxies), clock=clock
        )
        for name, url in urls.items()
        if url
    ]
    if not sources and settings[LUNARCRUSH_KEY]:
        session = new_session(use_proxies=connection.use_proxies)
        key = settings[LUNARCRUSH_KEY]
        sources = [standing.connect_lunarcrush(key, session=session, clock=clock)]
    return sources


def _plan_of_key(now: Settings, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The plan that comes and goes with a key: a new one is taken for a Demo key."""
    if KEY.name not in given or PLAN.name in given:
        return {}
    if not given[KEY.name]:
        return {PLAN.name: KEYLESS}
    return {PLAN.name: DEMO} if now[PLAN] == KEYLESS else {}


def _url_of_plan(now: Settings, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """CoinGecko's host, which follows the plan unless somebody chose another."""
    plan = given.get(PLAN.name, now[PLAN])
    if plan == now[PLAN] or now[URL] not in (PUBLIC_URL, PRO_URL):
        return {}
    return {URL.name: PRO_URL if plan == PRO else PUBLIC_URL}


def _check_plan(settings: Settings, name_of: NameOf) -> None:
    if settings[PLAN] != KEYLESS and not settings[KEY]:
        raise ConfigError(name_of(KEY), parsers.KEY_NEEDED, plan=repr(settings[PLAN]))


def _without_key(settings: Settings) -> Mapping[str, Any]:
    return {} if settings[KEY] else {PLAN.name: KEYLESS}


CRYPTO = Market(
    key=coingecko.NAME,
    name="CoinGecko",
    file="cointracker.duckdb",
    connect=connect,
    ping=ping,
    currencies=CURRENCIES,
    plans=call_plans,
    account=(KEY, PLAN, URL, CALLS_PER_MINUTE, CALLS_PER_MONTH),
    providers=(STANDING_URL_1, STANDING_URL_2, LUNARCRUSH_KEY),
    count=lambda settings: settings[TOP_COINS],
    source_names={
        coingecko.NAME: "CoinGecko",
        coinpaprika.NAME: "CoinPaprika",
        standing.LUNARCRUSH: "LunarCrush",
        standing.FIRST: N_("first standing source"),
        standing.SECOND: N_("second standing source"),
        "watchlists": N_("watchlists on CoinGecko"),
    },
    attribution={
        coingecko.NAME: "[CoinGecko](https://www.coingecko.com)",
        coinpaprika.NAME: "[CoinPaprika](https://coinpaprika.com)",
    },
    settings=(
        URL,
        KEY,
        PLAN,
        CALLS_PER_MINUTE,
        CALLS_PER_MONTH,
        FALLBACK_URL,
        STANDING_URL_1,
        STANDING_URL_2,
        LUNARCRUSH_KEY,
    ),
    setting_rules=(
        Rule(imply=_plan_of_key, check=_check_plan, mend=_without_key),
        Rule(imply=_url_of_plan),
    ),
    setting_sections=(
        Section("CoinGecko", (KEY, PLAN), order=20, shows_cost=True),
        Section(N_("Social standing"), (STANDING_URL_1, STANDING_URL_2, LUNARCRUSH_KEY), order=40),
    ),
)
