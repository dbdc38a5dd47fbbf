"""The only list of features and of markets, each in their order: one may use those before it."""

from __future__ import annotations

import os

from cointracker.api.feature import API
from cointracker.core.feature import Feature, FeatureSet
from cointracker.core.settings import Settings
from cointracker.features.accounts.feature import ACCOUNTS
from cointracker.features.audit.feature import AUDIT
from cointracker.features.coin.feature import COIN
from cointracker.features.fallback.feature import FALLBACK
from cointracker.features.health.feature import HEALTH
from cointracker.features.market.feature import MARKET
from cointracker.features.monitoring.feature import MONITORING
from cointracker.features.retention.feature import RETENTION
from cointracker.features.settings.feature import SETTINGS as SETTINGS_FEATURE
from cointracker.features.sources.feature import SOURCES
from cointracker.features.standing.feature import STANDING
from cointracker.features.weights.feature import WEIGHTS
from cointracker.markets.crypto import CRYPTO
from cointracker.markets.declaration import Market
from cointracker.markets.settings import currency_setting, source_setting
from cointracker.markets.simulated import SIMULATED

MARKETS: tuple[Market, ...] = (CRYPTO, SIMULATED)


def _of_markets(markets: tuple[Market, ...]) -> Feature:
    """The settings that choose a market, and those that each brings."""
    return Feature(
        name="markets",
        settings=(
            source_setting(markets),
            currency_setting(markets),
            *(setting for market in markets for setting in market.settings),
        ),
        setting_rules=tuple(rule for market in markets for rule in market.setting_rules),
        setting_sections=tuple(one for market in markets for one in market.setting_sections),
    )


def feature_set(*more: Feature, markets: tuple[Market, ...] = MARKETS) -> FeatureSet:
    """All features over some markets, and what else is handed in."""
    return FeatureSet(
        (
            API,
            AUDIT,
            ACCOUNTS,
            _of_markets(markets),
            MARKET,
            MONITORING,
            COIN,
            WEIGHTS,
            SOURCES,
            FALLBACK,
            STANDING,
            RETENTION,
            SETTINGS_FEATURE,
            HEALTH,
            *more,
        )
    )


FEATURES = feature_set()


def environment() -> Settings:
    """The settings of the environment. Raises ConfigError, naming the variable."""
    return FEATURES.settings.from_environment(os.environ)
