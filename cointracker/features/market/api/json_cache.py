"""The coins of a ranking as JSON, put into text once for all who ask."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Sequence

from starlette.datastructures import URL

from cointracker.core.i18n import Language
from cointracker.features.market.api import serializers
from cointracker.features.market.rankings import RankingView, Snapshot
from cointracker.ranking.weights import Weights

MAX_RANKINGS = 16

Key = tuple[Snapshot, Weights, Language]


class CoinJsonCache:
    """Keeps the last 16 rankings, by snapshot, weights and language; safe to use from threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._kept: OrderedDict[Key, Sequence[str]] = OrderedDict()

    def of(self, view: RankingView, reader: Language) -> Sequence[str]:
        """Each coin of a whole ranking as a JSON object, in order.

        Who asks while another has the same put into text, waits for that.
        """
        key = (view.snapshot, view.weights, reader)
        with self._guard:
            if key not in self._kept:
                self._kept[key] = [
                    coin.model_dump_json() for coin in serializers.coins(view.frame, reader)
                ]
            self._kept.move_to_end(key)
            while len(self._kept) > MAX_RANKINGS:
                self._kept.popitem(last=False)
            return self._kept[key]


def page(url: URL, coins: Sequence[str], number: int, size: int) -> str:
    """Page `number`, counted from 1, as a `CoinPage` in JSON; empty behind the last page."""
    start = (number - 1) * size
    head = {
        "count": len(coins),
        "next": _at_page(url, number + 1) if start + size < len(coins) else None,
        "previous": _at_page(url, number - 1) if number > 1 else None,
    }
    begun = json.dumps(head, separators=(",", ":"), ensure_ascii=False)[:-1]
    return f'{begun},"results":[{",".join(coins[start : start + size])}]}}'


def _at_page(url: URL, number: int) -> str:
    return str(url.include_query_params(page=number))
