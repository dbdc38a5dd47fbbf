"""Whose word of an identity provider counts, and how often."""

from __future__ import annotations

import time
from typing import Any

import pytest

from cointracker.core.errors import NotAllowed
from cointracker.features.accounts.ui import single_sign_on
from cointracker.features.accounts.ui.single_sign_on import FRESH_SECONDS


@pytest.mark.parametrize("seconds", [0, -FRESH_SECONDS / 2, FRESH_SECONDS / 2])
def test_an_answer_of_just_now_counts(seconds: float) -> None:
    assert single_sign_on._is_fresh({"iat": time.time() + seconds})


@pytest.mark.parametrize("seconds", [-2 * FRESH_SECONDS, 2 * FRESH_SECONDS, -86_400 * 20])
def test_an_older_one_does_not(seconds: float) -> None:
    assert not single_sign_on._is_fresh({"iat": time.time() + seconds})


@pytest.mark.parametrize("told", [{}, {"iat": None}, {"iat": "now"}, {"iat": True}, {"iat": []}])
def test_one_without_an_instant_does_not_either(told: dict[str, Any]) -> None:
    assert not single_sign_on._is_fresh(told)


def test_an_answer_counts_once_and_what_is_remembered_is_bounded() -> None:
    used = single_sign_on._Used()
    assert used.take(("issuer", "sub", 1))
    assert not used.take(("issuer", "sub", 1))
    assert used.take(("issuer", "sub", 2))
    for at in range(single_sign_on.MAX_REMEMBERED):
        used.take(("issuer", "other", at))
    assert used.take(("issuer", "sub", 1))


@pytest.mark.parametrize("verified", [None, False, "true", 1, "yes"])
def test_only_a_verified_address_is_one(verified: object) -> None:
    with pytest.raises(NotAllowed):
        single_sign_on._verified({"email": "a@b.example", "email_verified": verified})
    with pytest.raises(NotAllowed):
        single_sign_on._verified({"email_verified": True})
    told = {"email": "a@b.example", "email_verified": True}
    assert single_sign_on._verified(told) == "a@b.example"
