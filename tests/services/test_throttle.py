"""How often something may be tried."""

from __future__ import annotations

import threading

from cointracker.services.throttle import Throttle
from tests.fakes import FakeTime


def test_so_many_in_a_window_and_then_how_long_to_wait() -> None:
    time = FakeTime()
    throttle = Throttle(3, 60.0, time)
    waits = []
    for _ in range(5):
        waits.append(throttle.take("a"))
        time.pass_by(10)
    assert waits == [0.0, 0.0, 0.0, 30.0, 20.0]
    assert throttle.take("b") == 0.0
    time.pass_by(10)
    assert throttle.take("a") == 0.0
    assert throttle.take("a") == 10.0


def test_a_try_that_was_none_and_a_key_that_is_forgotten() -> None:
    throttle = Throttle(1, 60.0, FakeTime())
    assert throttle.take("a") == 0.0
    throttle.give_back("a")
    assert throttle.take("a") == 0.0
    throttle.forget("a")
    assert throttle.take("a") == 0.0
    assert throttle.take("a") == 60.0
    throttle.give_back("never seen")
    throttle.forget("never seen")


def test_memory_is_bounded_and_the_busiest_is_not_forgotten() -> None:
    throttle = Throttle(1, 60.0, FakeTime(), most_keys=10)
    assert throttle.take("busy") == 0.0
    for number in range(100):
        assert throttle.take("busy") > 0, number
        throttle.take(number)
    assert throttle.take(0) == 0.0


def test_at_once_from_many_threads_no_more_than_allowed() -> None:
    throttle, gate, passed = Throttle(5, 60.0, FakeTime()), threading.Barrier(20), []

    def attempt() -> None:
        gate.wait()
        passed.append(throttle.take("a") == 0.0)

    threads = [threading.Thread(target=attempt) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 5
