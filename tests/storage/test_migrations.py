"""What the steps of the schema do to what was stored before them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cointracker.features.accounts.store import users
from cointracker.features.market.snapshot_writer import RankingOptions
from cointracker.features.market.store import weights
from cointracker.features.monitoring.store import schedule
from cointracker.features.settings import store
from cointracker.ranking.weights import Weights
from cointracker.storage.database import Database
from tests.databases import APP_STEPS, STEPS
from tests.fakes import NOON, FakeClock, Pipeline, row

BOTH = ("stability_classic", "daily_changes", "stability_robust", "hourly_prices")


@pytest.mark.parametrize("model", ["classic", "robust"])
def test_what_was_ranked_under_one_model_keeps_it_in_its_own_columns(
    tmp_path: Path, model: str
) -> None:
    """A database of step 2: as it is now, without the columns of step 3."""
    database, clock = Database(tmp_path / "old.duckdb", STEPS), FakeClock()
    options = RankingOptions(Weights(), stability_model=model)
    sparkline = {"price": [100 * 1.001**hour for hour in range(168)]}
    Pipeline(database, clock, options).take(
        row("a", 118.0, sparkline_in_7d=sparkline),
        row("b", 50.0, sparkline_in_7d=sparkline),
        row("new", 1.0),
    )
    with database.transaction() as session:
        before = session.frame("SELECT * FROM rankings ORDER BY coin_id")
        for column in BOTH:
            session.execute(f"ALTER TABLE rankings DROP COLUMN {column}")
        session.execute("DELETE FROM migrations WHERE number = 3")
    database.close()
    database = Database(tmp_path / "old.duckdb", STEPS)
    with database.reading() as session:
        after = session.frame("SELECT * FROM rankings ORDER BY coin_id").set_index("coin_id")
        assert session.value("SELECT max(number) FROM migrations") == max(STEPS)
    database.close()
    score, count = BOTH[:2] if model == "classic" else BOTH[2:]
    others = [name for name in BOTH if name not in (score, count)]
    assert after[score].tolist() == pytest.approx(before[score].tolist(), nan_ok=True)
    assert after[count].tolist() == before[count].tolist()
    assert after[others].isna().all(axis=None)
    assert after[score].notna().tolist() == [True, True, False]
    assert after["factor_stability"].tolist() == pytest.approx(
        before["factor_stability"].tolist(), nan_ok=True
    )


def test_presets_of_before_belong_to_nobody(tmp_path: Path) -> None:
    """A database of step 7: as it is now, without the column of step 8."""
    path = tmp_path / "old.duckdb"
    database = Database(path, STEPS)
    with database.transaction() as session:
        session.execute("ALTER TABLE presets DROP COLUMN owner")
        session.execute("INSERT INTO presets VALUES ('mine', now(), 1, 2, 3, 4, 5)")
        session.execute("DELETE FROM migrations WHERE number = 8")
    database.close()
    database = Database(path, STEPS)
    with database.transaction() as session:
        kept = weights.presets(session)
        weights.save_preset(session, weights.StoredPreset("new", Weights(), "ann"), NOON)
        assert weights.presets(session)[1].owner == "ann"
    database.close()
    assert kept == [weights.StoredPreset("mine", Weights(1, 2, 3, 4, 5), "")]


def test_settings_of_before_are_kept_when_users_come(tmp_path: Path) -> None:
    """The database of what belongs to no market, at step 1."""
    path, first = tmp_path / "app.duckdb", {1: APP_STEPS[1]}
    database = Database(path, first)
    with database.transaction() as session:
        store.save(session, {"top_coins": "5"}, NOON)
        schedule.set_started(session, False, NOON)
    database.close()
    database = Database(path, APP_STEPS)
    with database.reading() as session:
        assert store.saved(session) == {"top_coins": "5"}
        assert not schedule.is_started(session)
        assert users.everyone(session) == []
    database.close()
