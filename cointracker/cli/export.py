"""`python -m cointracker export`: a stored ranking as a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cointracker.core.languages import LANGUAGES

if TYPE_CHECKING:
    import pandas as pd

    from cointracker.core.file_formats import Format
    from cointracker.features.market.rankings import RankingView

COLUMNS = (
    "rank",
    "move",
    "coin_id",
    "symbol",
    "name",
    "score",
    "coverage",
    "band_low",
    "band_high",
    "reason",
    "price",
    "change_1h_pct",
    "change_24h_pct",
    "change_7d_pct",
    "change_30d_pct",
    "volume_24h",
    "volume_change_24h_pct",
    "market_cap",
    "standing",
    "pegged",
    "observed_at",
)
"""What the file holds of each coin, before its factors and what each contributes."""


class WeightsOption(click.Option):
    """Its help shows a weight for each factor; these are loaded when somebody asks for it."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """What `--help` says of it."""
        from cointracker.ranking.weights import DEFAULT_WEIGHTS

        self.metavar = ",".join("W" for _ in DEFAULT_WEIGHTS)
        self.help = f"Rank by these, as {DEFAULT_WEIGHTS.text()}."
        return super().get_help_record(ctx)


@click.command()
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--at", metavar="INSTANT", help="The last snapshot at or before it, in ISO 8601.")
@click.option("--weights", cls=WeightsOption)
@click.option("--language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True)
def export(path: Path, at: str | None, weights: str | None, language: str) -> None:
    """Write the ranking into a file.

    PATH ends in .csv, .xlsx or .parquet, and must not be there yet. The file holds all coins of the
    newest snapshot in rank order, with the snapshot's instant and the weights.
    """
    from cointracker.bootstrap import commands
    from cointracker.bootstrap.features import environment
    from cointracker.ranking.weights import Weights

    kind = _format(path)
    asked = _instant(at) if at else None
    chosen = Weights.parse(weights) if weights else None
    with commands.stored_market(commands.in_force(environment())) as market:
        view = market.with_bands(market.ranking(asked, chosen))
    written = kind.write(_table(view, language))
    try:
        with path.open("xb") as file:
            file.write(written)
    except OSError as exc:
        raise click.ClickException(f"{path} cannot be written: {exc.strerror}") from exc
    click.echo(f"{len(view.frame)} coins of {view.snapshot.at:%Y-%m-%d %H:%M} UTC: {path}")


def _format(path: Path) -> Format:
    from cointracker.core.file_formats import FORMATS

    kinds = {f".{kind.ending}": kind for kind in FORMATS}
    if path.suffix.lower() not in kinds:
        raise click.BadParameter(f"must end in {', '.join(kinds)}", param_hint="PATH")
    return kinds[path.suffix.lower()]


def _table(view: RankingView, language: str) -> pd.DataFrame:
    from cointracker.core.i18n import language as language_of
    from cointracker.features.market.downloads import table
    from cointracker.features.market.reasons import causes
    from cointracker.ranking.factors import CONTRIBUTION_COLUMNS, FACTOR_COLUMNS

    frame = view.frame.assign(reason=causes(view.frame, language_of(language)))
    return table(replace(view, frame=frame), (*COLUMNS, *FACTOR_COLUMNS, *CONTRIBUTION_COLUMNS))


def _instant(text: str) -> datetime:
    """The instant that a text means; UTC where it names no offset."""
    try:
        instant = datetime.fromisoformat(text)
        return instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise click.BadParameter("must be an instant in ISO 8601", param_hint="--at") from exc
