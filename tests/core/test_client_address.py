"""Where a call came from: no header is believed that no trusted proxy has written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointracker.core.web.client_address import Caller, forwarded, home

PROXY, CLIENT = "10.0.0.1", "203.0.113.9"
TRUSTED = ("10.0.0.0/8", "::1/128")


def told(*hops: str, proto: str = "") -> list[tuple[str, str]]:
    headers = [("X-Forwarded-For", hop) for hop in hops]
    return [*headers, ("x-forwarded-proto", proto)] if proto else headers


@pytest.mark.parametrize(
    ("peer", "headers", "address"),
    [
        (CLIENT, [], CLIENT),
        (CLIENT, told("1.1.1.1", proto="https"), CLIENT),
        (PROXY, told(CLIENT), CLIENT),
        (PROXY, told(f"1.1.1.1, {CLIENT}"), CLIENT),
        (PROXY, told("1.1.1.1", CLIENT), CLIENT),
        (PROXY, told(f"{CLIENT}, 10.0.0.9"), CLIENT),
        (PROXY, told(f"{CLIENT}:4711"), CLIENT),
        (PROXY, told("[2001:db8::1]:4711"), "2001:db8::1"),
        (PROXY, told("2001:DB8:0::1"), "2001:db8::1"),
        (PROXY, told(f"::ffff:{CLIENT}"), CLIENT),
        (f"::ffff:{PROXY}", told(CLIENT), CLIENT),
        ("::1", told(CLIENT), CLIENT),
        (PROXY, told("10.0.0.7, 10.0.0.8"), "10.0.0.7"),
        (PROXY, told(f"{CLIENT}, garbage, 10.0.0.8"), "10.0.0.8"),
        (PROXY, told("unknown"), PROXY),
        (PROXY, told(""), PROXY),
        (PROXY, [], PROXY),
        ("", told(CLIENT), ""),
        ("testclient", told(CLIENT), "testclient"),
    ],
)
def test_the_address(peer: str, headers: list[tuple[str, str]], address: str) -> None:
    assert forwarded(peer, headers, TRUSTED).address == address


@pytest.mark.parametrize(
    ("peer", "scheme", "proto", "is_tls"),
    [
        (CLIENT, "http", "https", False),
        (CLIENT, "https", "http", True),
        (CLIENT, "wss", "", True),
        (PROXY, "http", "https", True),
        (PROXY, "http", "http, https", True),
        (PROXY, "http", "https, http", False),
        (PROXY, "https", "", True),
        (PROXY, "http", "", False),
    ],
)
def test_whether_it_came_by_tls(peer: str, scheme: str, proto: str, is_tls: bool) -> None:
    assert forwarded(peer, told(proto=proto), TRUSTED, scheme).is_tls is is_tls


def test_nobody_is_trusted_by_default() -> None:
    assert forwarded("127.0.0.1", told(CLIENT, proto="https"), ()) == Caller("127.0.0.1", False)


@given(st.lists(st.text(), max_size=4), st.text())
def test_no_header_changes_what_a_stranger_is(hops: list[str], proto: str) -> None:
    assert forwarded(CLIENT, told(*hops, proto=proto), TRUSTED) == Caller(CLIENT, False)


@given(st.lists(st.text(), max_size=4), st.text())
def test_whatever_stands_before_what_the_proxy_wrote(hops: list[str], proto: str) -> None:
    headers = [*told(*hops), ("X-Forwarded-For", f"{','.join(hops)},{CLIENT}")]
    assert forwarded(PROXY, headers, TRUSTED).address == CLIENT


def test_one_home_has_many_addresses() -> None:
    assert home("2001:db8::1") == home("2001:db8::ffff:1") != home("2001:db8:0:1::1")
    assert home(CLIENT) == CLIENT == home(f"::ffff:{CLIENT}")
    assert home("") == ""
