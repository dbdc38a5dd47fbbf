"""Word that something changed reaches whoever listens, for as long as it listens."""

from __future__ import annotations

import threading

from cointracker.core.events import Events


def test_everybody_who_listens_is_told_each_time() -> None:
    events, heard = Events(), list[str]()
    events.notify()
    events.subscribe(lambda: heard.append("a"))
    events.notify()
    events.subscribe(lambda: heard.append("b"))
    events.notify()
    assert heard == ["a", "a", "b"]


def test_nobody_is_told_after_the_last_wish() -> None:
    events, heard = Events(), list[str]()

    def listen() -> None:
        heard.append("a")

    stop = events.subscribe(listen)
    events.subscribe(lambda: heard.append("b"))
    stop()
    stop()
    events.notify()
    assert heard == ["b"]


def test_who_stops_or_begins_while_being_told_disturbs_nobody() -> None:
    events, heard = Events(), list[str]()

    def once() -> None:
        heard.append("once")
        stop()
        events.subscribe(lambda: heard.append("late"))

    stop = events.subscribe(once)
    events.subscribe(lambda: heard.append("always"))
    events.notify()
    assert heard == ["once", "always"]
    events.notify()
    assert heard == ["once", "always", "always", "late"]


def test_they_are_told_on_the_thread_that_notifies() -> None:
    events, told_on = Events(), list[int]()
    events.subscribe(lambda: told_on.append(threading.get_ident()))
    thread = threading.Thread(target=events.notify)
    thread.start()
    told_by = thread.ident
    thread.join()
    assert told_on == [told_by]


def test_nobody_is_lost_when_many_begin_at_once() -> None:
    events, heard, gate = Events(), list[int](), threading.Barrier(20)

    def begin(number: int) -> None:
        gate.wait()
        events.subscribe(lambda: heard.append(number))

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events.notify()
    assert sorted(heard) == list(range(20))
