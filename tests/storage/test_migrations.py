"""What the steps of the schema do to what was stored before them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cointracker.ranking.weights import Weights
from cointracker.services.snapshot import RankingOptions
from cointracker.storage import migrations
from cointracker.storage.database import Database
from tests.fakes import FakeClock, Pipeline, row

BOTH = ("stability_classic", "daily_changes", "stability_robust", "hourly_prices")


@pytest.mark.parametrize("model", ["classic", "robust"])
def test_what_was_ranked_under_one_model_keeps_it_in_its_own_columns(
    tmp_path: Path, model: str
) -> None:
    """A database of step 2: as it is now, without the columns of step 3."""
    database, clock = Database(tmp_path / "old.duckdb"), FakeClock()
    options = RankingOptions(Weights(), stability_model=model)
    sparkline = {"price": [100 * 1.001**hour for hour in range(168)]}
    Pipeline(database, clock, options).take(
        row("a", 118.0, sparkline_in_7d=sparkline), row("b", 50.0, sparkline_in_7d=sparkline),
        row("new", 1.0),
    )  # fmt: skip
    with database.transaction() as session:
        before = session.frame("SELECT * FROM rankings ORDER BY coin_id")
        for column in BOTH:
            session.execute(f"ALTER TABLE rankings DROP COLUMN {column}")
        session.execute("DELETE FROM migrations WHERE number = 3")
    database.close()
    database = Database(tmp_path / "old.duckdb")
    with database.reading() as session:
        after = session.frame("SELECT * FROM rankings ORDER BY coin_id").set_index("coin_id")
        assert session.value("SELECT max(number) FROM migrations") == max(migrations.STEPS)
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
