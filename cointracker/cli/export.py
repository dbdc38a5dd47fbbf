"""`python -m cointracker export`: a stored ranking as a file."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from cointracker import bootstrap
from cointracker.config import LANGUAGES, Settings
from cointracker.i18n import language as language_of
from cointracker.ranking.factors import FACTORS
from cointracker.ranking.weights import Weights
from cointracker.services.export import FORMATS, table
from cointracker.services.market import RankingView
from cointracker.services.reasons import causes

KINDS = {f".{kind.ending}": kind for kind in FORMATS}
COLUMNS = (
    "rank", "move", "coin_id", "symbol", "name", "score", "coverage", "band_low", "band_high",
    "reason", "price", "change_1h_pct", "change_24h_pct", "change_7d_pct", "change_30d_pct",
    "volume_24h", "volume_change_24h_pct", "market_cap", "standing", "pegged", "observed_at",
    *(f"factor_{name}" for name in FACTORS), *(f"contribution_{name}" for name in FACTORS),
)  # fmt: skip


@click.command()
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--at", metavar="INSTANT", help="The last snapshot at or before it, in ISO 8601.")
@click.option("--weights", metavar="W,W,W,W,W", help="Rank by these, as 25,20,25,15,15.")
@click.option("--language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True)
def export(path: Path, at: str | None, weights: str | None, language: str) -> None:
    """Write the ranking into a file.

    PATH ends in .csv, .xlsx or .parquet, and must not be there yet. The file holds all coins of the
    newest snapshot in rank order, with the snapshot's instant and the weights.
    """
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise click.BadParameter(f"must end in {', '.join(KINDS)}", param_hint="PATH")
    asked = _instant(at) if at else None
    chosen = Weights.parse(weights) if weights else None
    settings = bootstrap.in_force(Settings.from_env(os.environ))
    with bootstrap.stored_market(settings) as market:
        view = market.with_bands(market.ranking(asked, chosen))
    written = kind.write(table(_with_reasons(view, language), COLUMNS))
    try:
        with path.open("xb") as file:
            file.write(written)
    except OSError as exc:
        raise click.ClickException(f"{path} cannot be written: {exc.strerror}") from exc
    click.echo(f"{len(view.frame)} coins of {view.snapshot.at:%Y-%m-%d %H:%M} UTC: {path}")


def _with_reasons(view: RankingView, language: str) -> RankingView:
    frame = view.frame.assign(reason=causes(view.frame, language_of(language)))
    return replace(view, frame=frame)


def _instant(text: str) -> datetime:
    """The instant that a text means; UTC where it names no offset."""
    try:
        instant = datetime.fromisoformat(text)
        return instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise click.BadParameter("must be an instant in ISO 8601", param_hint="--at") from exc
