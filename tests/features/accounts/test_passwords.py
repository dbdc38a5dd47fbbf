"""What may be a password, and what is one."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointracker.core.errors import InvalidAccount
from cointracker.features.accounts.passwords import PROBLEMS, Passwords, random_password

QUICK = Passwords(rounds=4)


@pytest.mark.parametrize(
    "password",
    ["", "seven77", "x" * 73, "é" * 37, "رمز" * 13, "tab\tinside", "null\0inside", "lone\ud800one"],
)
def test_what_cannot_be_one(password: str) -> None:
    with pytest.raises(InvalidAccount) as caught:
        QUICK.hash(password)
    assert caught.value.field == "password"
    assert caught.value.template in PROBLEMS
    assert not password or password not in str(caught.value)


@pytest.mark.parametrize("password", ["eight888", "x" * 72, "é" * 36, "گذرواژه‌ی من", " spaces  "])
def test_what_can(password: str) -> None:
    hashed = QUICK.hash(password)
    assert password not in hashed
    assert QUICK.holds(password, hashed)
    assert not QUICK.holds(password + "x", hashed), "nothing is cut off"
    assert not QUICK.holds(password[:-1], hashed)
    assert not QUICK.holds(password.swapcase() + " ", hashed)


def test_the_same_letters_however_they_are_composed() -> None:
    hashed = QUICK.hash("café au lait")
    assert QUICK.holds(unicodedata.normalize("NFD", "café au lait"), hashed)


def test_two_hashes_of_one_password_differ() -> None:
    assert QUICK.hash("eight888") != QUICK.hash("eight888")


def test_where_there_is_no_hash_nothing_holds() -> None:
    for password in ("", "eight888", ".", "x" * 100, "\0", "\ud800"):
        assert not QUICK.holds(password, None)


def test_the_usual_work() -> None:
    assert Passwords().hash("eight888").startswith("$2b$12$")


@given(st.text(max_size=90), st.text(max_size=90))
def test_only_the_same_password_holds(password: str, other: str) -> None:
    try:
        hashed = QUICK.hash(password)
    except InvalidAccount:
        return
    same = unicodedata.normalize("NFC", password) == unicodedata.normalize("NFC", other)
    assert QUICK.holds(password, hashed)
    assert QUICK.holds(other, hashed) is same


def test_one_that_is_made_up() -> None:
    assert random_password() != random_password()
    assert len(random_password()) == 20
    QUICK.hash(random_password())
