"""What `/ws/coins/` pushes: the ranking and the state of the refreshes."""

from __future__ import annotations

import json
from collections.abc import Iterable

from cointracker.api.shared import Shared
from cointracker.api.websocket.updates import Feed, Part, Update, error
from cointracker.core.errors import SnapshotNotFound, StorageError
from cointracker.core.i18n import Language
from cointracker.core.services import Services
from cointracker.features.market.api.json_cache import CoinJsonCache
from cointracker.features.market.rankings import MarketService, RankingView
from cointracker.features.monitoring.api import monitoring
from cointracker.features.monitoring.service import MonitoringService, Status

COINS, STATUS = "coin_update", "status_update"
GET_COINS, GET_STATUS = "get_coins", "get_status"
NO_REFRESH, NO_ANSWER = "The refresh failed.", "The database does not answer."


def latest_update(
    services: Services,
    shared: Shared,
    languages: Iterable[Language],
    before: Update | None = None,
) -> Update:
    """What there is to show now; texts of the update before are taken over where they still hold.

    While the database does not answer the update before stays, with the problem beside it.
    """
    try:
        status = services[MonitoringService].status()
        view = _ranking(services)
    except StorageError:
        parts = before.parts if before else {}
        return Update(parts, error(NO_ANSWER), parts[COINS].key if COINS in parts else None)
    shown = (view.snapshot, view.weights) if view else None
    key = (status.change_token, shown)
    known = before.parts.get(COINS) if before else None
    old = known.texts if known and known.key == key else {}
    texts: dict[Language | None, str] = {
        one: old.get(one) or _coin_update(shared[CoinJsonCache], view, one) for one in languages
    }
    text = _status_update(services)
    parts = {COINS: Part(key, texts), STATUS: Part((status.change_token, text), {None: text})}
    return Update(parts, _problem(status), key)


def _ranking(services: Services) -> RankingView | None:
    try:
        return services[MarketService].ranking()
    except SnapshotNotFound:
        return None


def _coin_update(cache: CoinJsonCache, view: RankingView | None, reader: Language) -> str:
    coins = cache.of(view, reader) if view else []
    return f'{{"type":"{COINS}","coins":[{",".join(coins)}]}}'


def _status_update(services: Services) -> str:
    status = monitoring.status(services).model_dump(mode="json")
    return json.dumps({"type": STATUS, "status": status})


def _problem(status: Status) -> str | None:
    if not status.is_failing or status.last is None:
        return None
    return error(NO_REFRESH, status.last.reason)


FEED = Feed(latest_update, {GET_COINS: COINS, GET_STATUS: STATUS})
