"""The messages of the WebSocket, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cointracker.api import monitoring
from cointracker.api.texts import CoinTexts
from cointracker.errors import SnapshotNotFound, StorageError
from cointracker.i18n import Language
from cointracker.services import Services
from cointracker.services.market import RankingView
from cointracker.services.monitoring import Status

COINS, STATUS, ERROR = "coin_update", "status_update", "error"
GET_COINS, GET_STATUS = "get_coins", "get_status"
NO_REFRESH, NO_ANSWER = "The refresh failed.", "The database does not answer."
NOT_UNDERSTOOD = "The message was not understood."
NO_JSON = "It must be a text message that holds a JSON object."
NO_TYPE = f'Its "type" must be "{GET_COINS}" or "{GET_STATUS}".'


@dataclass(frozen=True)
class Edition:
    """What all connections are shown from one look at the services.

    What is shown is new to a connection when its key differs from that of what it saw last. coins
    holds the ranking in each language that was asked for; problem is None when there is none.
    """

    coins_key: object
    coins: Mapping[Language, str]
    status_key: object
    status: str
    problem: str | None = None


class Unreadable(ValueError):
    """A message of a client that asks for nothing we know; its text says why."""


def asked_for(text: str | None) -> str:
    """`GET_COINS` or `GET_STATUS`, as a client's message says. Raises Unreadable."""
    try:
        message = json.loads(text or "")
    except (ValueError, RecursionError) as exc:
        raise Unreadable(NO_JSON) from exc
    if not isinstance(message, dict):
        raise Unreadable(NO_JSON)
    if message.get("type") not in (GET_COINS, GET_STATUS):
        raise Unreadable(NO_TYPE)
    return str(message["type"])


def error(message: str, details: str | None = None) -> str:
    """An error as text."""
    return json.dumps({"type": ERROR, "message": message, "error_details": details})


def edition(
    services: Services,
    kept: CoinTexts,
    languages: Iterable[Language],
    before: Edition | None = None,
) -> Edition:
    """What there is to show now; texts of the edition before are taken over where they still hold.

    While the database does not answer the edition before stays, with the problem beside it.
    """
    try:
        status = services.monitoring.status()
        view = _ranking(services)
    except StorageError:
        return Edition(
            before.coins_key if before else None,
            before.coins if before else {},
            before.status_key if before else None,
            before.status if before else "",
            error(NO_ANSWER),
        )
    shown = (view.snapshot, view.weights) if view else None
    coins_key = (status.pulse, shown)
    known = before.coins if before and before.coins_key == coins_key else {}
    texts = {one: known.get(one) or _coin_update(kept, view, one) for one in languages}
    text = _status_update(services)
    return Edition(coins_key, texts, (status.pulse, text), text, _problem(status))


def _ranking(services: Services) -> RankingView | None:
    try:
        return services.market.ranking()
    except SnapshotNotFound:
        return None


def _coin_update(kept: CoinTexts, view: RankingView | None, reader: Language) -> str:
    found = kept.of(view, reader) if view else []
    return f'{{"type":"{COINS}","coins":[{",".join(found)}]}}'


def _status_update(services: Services) -> str:
    told = monitoring.status(services).model_dump(mode="json")
    return json.dumps({"type": STATUS, "status": told})


def _problem(status: Status) -> str | None:
    if not status.is_failing or status.last is None:
        return None
    return error(NO_REFRESH, status.last.reason)
