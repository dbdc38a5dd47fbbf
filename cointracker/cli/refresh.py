"""`python -m cointracker refresh` and `replay`: the pipeline without the server."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cointracker.cli.failure import failure

if TYPE_CHECKING:
    from cointracker.features.monitoring.store.refreshes import Refresh


@click.command()
def refresh() -> None:
    """Do one refresh: fetch, store, score, rank."""
    from cointracker.bootstrap import commands
    from cointracker.bootstrap.features import environment
    from cointracker.features.monitoring.store.refreshes import FAILED
    from cointracker.markets.settings import TOP_COINS

    settings = commands.in_force(environment())
    click.echo(f"Asking for {settings[TOP_COINS]} coins …")
    with commands.one_refresh(settings) as service:
        done = service.run("command")
    if done.outcome == FAILED:
        raise failure(f"{done.source}: {done.reason}")
    click.echo(_summary(done))


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
def replay(path: Path) -> None:
    """Feed recorded /coins/markets captures through the real client and pipeline.

    PATH is a .json capture, a folder of them, or a tar archive. Each is stored as of the instant
    in its name, oldest first. What is stored already stays as it is.
    """
    from cointracker.bootstrap import commands
    from cointracker.bootstrap.features import environment
    from cointracker.features.monitoring.recordings import captures
    from cointracker.features.monitoring.store.refreshes import FAILED

    recorded = captures(path)
    outcomes: Counter[str] = Counter()
    rejected = 0
    failures = []
    with click.progressbar(
        commands.replay(environment(), recorded), len(recorded), label="Replaying"
    ) as runs:
        for capture, done in zip(recorded, runs, strict=True):
            outcomes[done.outcome] += 1
            rejected += done.rejected
            if done.outcome == FAILED:
                failures.append(f"{capture.name}: {done.reason}")
    click.echo(", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())))
    click.echo(f"{rejected} rows rejected")
    for problem in failures:
        click.echo(problem, err=True)


def _summary(done: Refresh) -> str:
    seconds = (done.finished_at - done.started_at).total_seconds()
    return (
        f"Refresh {done.refresh_id} {done.outcome}: {done.accepted} coins from {done.source},"
        f" {done.rejected} rejected, {seconds:.1f} s"
    )
