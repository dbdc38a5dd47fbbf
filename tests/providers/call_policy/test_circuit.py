"""The circuit of a source: opens after failures in a row, and one probe decides."""

from __future__ import annotations

import pytest

from cointracker.providers.call_policy.circuit import CLOSED, HALF_OPEN, OPEN, Circuit


def fail(circuit: Circuit, now: float, times: int = 1) -> None:
    for _failure in range(times):
        assert circuit.wait(now) == 0
        circuit.begin(now)
        circuit.fail("no connection", now)


@pytest.fixture
def opened() -> Circuit:
    """A circuit that opened at 100."""
    circuit = Circuit(most_failures=3, open_seconds=60)
    fail(circuit, 100, times=3)
    return circuit


def test_it_stays_closed_below_the_number_of_failures() -> None:
    circuit = Circuit(most_failures=3)
    for _round in range(4):
        fail(circuit, 100, times=2)
        circuit.begin(100)
        circuit.succeed(100)
    assert (circuit.state, circuit.since, circuit.wait(100)) == (CLOSED, None, 0)
    assert circuit.probe_in(100) is None


def test_it_opens_and_says_why_and_how_long(opened: Circuit) -> None:
    assert (opened.state, opened.since, opened.problem) == (OPEN, 100, "no connection")
    assert [opened.wait(now) for now in (100, 159.5, 160, 500)] == [60, 0.5, 0, 0]
    assert opened.probe_in(130) == 30


def test_one_probe_is_let_through(opened: Circuit) -> None:
    opened.begin(160)
    assert (opened.state, opened.since) == (HALF_OPEN, 160)
    assert opened.wait(161) > 0
    assert opened.probe_in(161) == 0


def test_a_good_probe_closes_it(opened: Circuit) -> None:
    opened.begin(160)
    opened.succeed(165)
    assert (opened.state, opened.since, opened.problem) == (CLOSED, 165, "")
    fail(opened, 166, times=2)
    assert opened.state == CLOSED


def test_a_bad_probe_opens_it_for_as_long_again(opened: Circuit) -> None:
    fail(opened, 160)
    assert (opened.state, opened.since, opened.wait(170)) == (OPEN, 160, 50)


def test_a_probe_that_tells_nothing_makes_room_for_another(opened: Circuit) -> None:
    opened.begin(160)
    opened.give_up()
    assert opened.wait(160) == 0
    opened.begin(160)
    assert opened.wait(160) > 0


def test_calls_that_began_before_it_opened_do_not_prolong_it(opened: Circuit) -> None:
    opened.fail("late", 130)
    assert opened.wait(130) == 30
