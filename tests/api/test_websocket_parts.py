"""The parts of the WebSocket by themselves: outbox, allowance, messages, origins, events."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointracker.api.websocket.bounds import Allowance, Limits
from cointracker.api.websocket.outbox import MAX_ANSWERS, Outbox
from cointracker.api.websocket.updates import InvalidMessage, parse_request
from cointracker.core.events import Events
from cointracker.features.monitoring.api.coin_updates import FEED

T = TypeVar("T")
KINDS = [None, "coins", "status", "error"]


def run(what: Coroutine[Any, Any, T]) -> T:
    """On a thread of its own: the browser of other tests keeps a loop on this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, what).result()


async def taken(outbox: Outbox) -> list[str]:
    return [await outbox.take() for _ in range(len(outbox))]


@given(st.lists(st.sampled_from(KINDS), max_size=60))
def test_an_outbox_holds_the_newest_of_each_kind_and_the_last_answers(
    kinds: list[str | None],
) -> None:
    async def fill() -> list[str]:
        outbox = Outbox()
        for number, kind in enumerate(kinds):
            outbox.put(f"{number}", kind)
            assert len(outbox) <= MAX_ANSWERS + len(KINDS) - 1
        return await taken(outbox)

    found = run(fill())
    newest = {kind: str(number) for number, kind in enumerate(kinds) if kind}
    answers = [str(number) for number, kind in enumerate(kinds) if kind is None]
    assert sorted(found) == sorted([*newest.values(), *answers[-MAX_ANSWERS:]])
    assert [text for text in found if text in answers] == answers[-MAX_ANSWERS:]


def test_a_newer_text_takes_the_place_of_the_older_one() -> None:
    async def fill() -> list[str]:
        outbox = Outbox()
        for text, kind in (("old", "coins"), ("status", "status"), ("new", "coins")):
            outbox.put(text, kind)
        return await taken(outbox)

    assert run(fill()) == ["new", "status"]


def test_who_takes_from_an_empty_outbox_waits() -> None:
    async def wait() -> tuple[bool, str]:
        outbox = Outbox()
        taking = asyncio.create_task(outbox.take())
        await asyncio.sleep(0)
        waited = not taking.done()
        outbox.put("text")
        return waited, await taking

    assert run(wait()) == (True, "text")


def test_an_allowance_refills_and_is_never_more_than_a_burst() -> None:
    allowance = Allowance(Limits(burst=3, per_second=2.0, excess=1))
    assert [allowance.spend(0.0) for _ in range(4)] == [True, True, True, False]
    assert not allowance.is_abused
    assert [allowance.spend(0.5), allowance.spend(0.5)] == [True, False]
    assert allowance.is_abused
    assert [allowance.spend(1_000.0) for _ in range(4)] == [True, True, True, False]


@given(st.one_of(st.none(), st.text(), st.recursive(st.none(), st.lists).map(str)))
def test_whatever_comes_is_understood_or_refused(text: str | None) -> None:
    with pytest.raises(InvalidMessage):
        parse_request(text, FEED.requests)


def test_events_are_told_until_it_is_enough() -> None:
    events, told = Events(), list[str]()
    stop = events.subscribe(lambda: told.append("one"))
    events.subscribe(lambda: told.append("two"))
    events.notify()
    stop()
    stop()
    events.notify()
    assert told == ["one", "two", "two"]


def test_events_are_told_on_the_thread_that_tells() -> None:
    events, told = Events(), list[int]()
    events.subscribe(lambda: told.append(threading.get_ident()))
    teller = threading.Thread(target=events.notify)
    teller.start()
    ident = teller.ident
    teller.join()
    assert told == [ident]
