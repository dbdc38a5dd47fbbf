"""What is known of coins: numbers without gaps that stay, facts that only newer ones replace."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointracker.features.market.store import coins
from cointracker.storage.database import Database
from tests.fakes import NOON

HOUR = timedelta(hours=1)


def facts(*coin_ids: str, hours: float = 0, **known: object) -> pd.DataFrame:
    """Facts of coins, seen so many hours after noon; what is not given is missing."""
    frame = pd.DataFrame({"coin_id": coin_ids, "position": range(len(coin_ids))})
    frame["symbol"] = [coin_id[:3].upper() for coin_id in coin_ids]
    frame["name"] = [coin_id.title() for coin_id in coin_ids]
    frame = frame.assign(seen_at=pd.Timestamp(NOON + hours * HOUR), **known)
    columns = ("coin_id", "position", *coins.FACT_COLUMNS)
    frame = frame.reindex(columns=columns)
    instants = {"ath_at": "datetime64[us, UTC]", "atl_at": "datetime64[us, UTC]"}
    texts = {"coin_id": object, "symbol": object, "name": object, "image_url": object}
    rest = [name for name in columns if name not in {*instants, *texts, "seen_at", "position"}]
    return frame.astype(instants | texts | dict.fromkeys(rest, float))


def add(database: Database, frame: pd.DataFrame) -> None:
    with database.transaction() as session:
        coins.add(session, frame)


def one(database: Database, coin: str) -> dict[str, object]:
    with database.reading() as session:
        found = coins.one(session, coin)
    return {} if found.empty else dict(found.iloc[0])


def numbers(database: Database) -> dict[str, int]:
    with database.reading() as session:
        frame = session.frame("SELECT coin_id, number FROM coins ORDER BY number")
    return dict(zip(frame["coin_id"], frame["number"], strict=True))


def test_new_coins_are_numbered_in_their_order_and_keep_their_numbers(database: Database) -> None:
    add(database, facts("bitcoin", "ether", "tether"))
    assert numbers(database) == {"bitcoin": 1, "ether": 2, "tether": 3}
    add(database, facts("solana", "tether", "aave", "bitcoin", hours=1))
    assert numbers(database) == {"bitcoin": 1, "ether": 2, "tether": 3, "solana": 4, "aave": 5}


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1), max_size=5))
def test_numbers_have_no_gaps_whatever_comes_when(
    shared: Database, batches: list[list[str]]
) -> None:
    seen = dict.fromkeys(coin for batch in batches for coin in batch)
    with shared.transaction() as session:
        for batch in batches:
            coins.add(session, facts(*batch))
        found = session.frame("SELECT coin_id FROM coins ORDER BY number")["coin_id"]
        highest = session.value("SELECT coalesce(max(number), 0) FROM coins")
        session.execute("DELETE FROM coins")
    assert found.tolist() == list(seen)
    assert highest == len(seen)


def test_a_coin_is_found_by_its_id_and_by_its_number(database: Database) -> None:
    add(database, facts("bitcoin", "2", "ether"))
    assert one(database, "bitcoin")["number"] == 1
    assert one(database, "3")["coin_id"] == "ether"
    assert one(database, "2")["coin_id"] == "2"  # its number as well
    add(database, facts("1"))
    assert one(database, "1")["coin_id"] == "1"  # an id goes before a number


@pytest.mark.parametrize("coin", ["BITCOIN", "btc", "0", "4", "-1", "01", "1.0", "", "' OR 1=1 --"])
def test_what_is_no_coin_is_not_found(database: Database, coin: str) -> None:
    add(database, facts("bitcoin"))
    assert one(database, coin) == {}


def test_a_change_of_symbol_and_name_is_taken_over(database: Database) -> None:
    add(database, facts("matic-network", symbol="MATIC", name="Polygon"))
    add(database, facts("matic-network", symbol="POL", name="POL (ex-MATIC)", hours=1))
    found = one(database, "matic-network")
    assert (found["symbol"], found["name"], found["number"]) == ("POL", "POL (ex-MATIC)", 1)
    assert (found["first_seen_at"], found["seen_at"]) == (NOON, NOON + HOUR)


@pytest.mark.parametrize(("hours", "kept"), [(-1, 21.0), (0, 22.0), (1, 22.0)])
def test_facts_give_way_to_those_that_are_not_older(
    database: Database, hours: float, kept: float
) -> None:
    add(database, facts("bitcoin", max_supply=21.0))
    add(database, facts("bitcoin", max_supply=22.0, hours=hours))
    assert one(database, "bitcoin")["max_supply"] == kept


def test_a_fact_that_is_no_longer_told_is_missing(database: Database) -> None:
    add(database, facts("bitcoin", ath=1.0, ath_at=pd.Timestamp(NOON)))
    assert one(database, "bitcoin")["ath_at"] == NOON
    add(database, facts("bitcoin", hours=1))
    found = one(database, "bitcoin")
    assert pd.isna(found["ath"])
    assert pd.isna(found["ath_at"])


def test_names_without_a_snapshot_are_in_the_order_of_the_alphabet(database: Database) -> None:
    add(database, facts("tether", "bitcoin", "ether"))
    with database.reading() as session:
        found = coins.names(session)
    assert found["coin_id"].tolist() == ["bitcoin", "ether", "tether"]
    assert found["symbol"].tolist() == ["BIT", "ETH", "TET"]
    assert found["rank"].isna().all()
