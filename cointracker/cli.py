"""`python -m cointracker`: what can be done without the server."""

from __future__ import annotations

import logging
import os
from collections import Counter
from pathlib import Path

import click

from cointracker import __version__, bootstrap
from cointracker.config import Settings
from cointracker.errors import CoinTrackerError, DatabaseBusy
from cointracker.services.recordings import captures
from cointracker.storage.refreshes import FAILED, Refresh

BUSY = (
    "{problem}. The dashboard's server holds it and refreshes it every {interval} s;"
    " GET /api/health/ tells how that goes. Stop the server to do this here."
)


class Group(click.Group):
    """Turns our errors into one line on stderr and exit code 1."""

    def invoke(self, context: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(context)
        except DatabaseBusy as exc:
            interval = Settings.from_env(os.environ).update_interval_seconds
            raise _failure(BUSY.format(problem=exc, interval=interval)) from exc
        except CoinTrackerError as exc:
            raise _failure(str(exc)) from exc


@click.group(cls=Group)
@click.version_option(__version__, prog_name="cointracker")
def main() -> None:
    """CoinTracker ranks crypto assets by your own weights.

    The dashboard itself is started with `streamlit run app.py`. Settings come from COINTRACKER_*
    environment variables; see docs/settings.md.
    """
    # The commands say themselves what there is to say.
    logging.getLogger("cointracker").addHandler(logging.NullHandler())


@main.command()
def refresh() -> None:
    """Do one refresh: fetch, store, score, rank."""
    settings = bootstrap.in_force(Settings.from_env(os.environ))
    click.echo(f"Asking for {settings.top_coins} coins …")
    with bootstrap.one_refresh(settings) as service:
        done = service.run("command")
    if done.outcome == FAILED:
        raise _failure(f"{done.source}: {done.reason}")
    click.echo(_told(done))


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
def replay(path: Path) -> None:
    """Feed recorded /coins/markets captures through the real client and pipeline.

    PATH is a .json capture, a folder of them, or a tar archive. Each is stored as of the instant
    in its name, oldest first. What is stored already stays as it is.
    """
    found = captures(path)
    outcomes: Counter[str] = Counter()
    rejected = 0
    failures = []
    with click.progressbar(
        bootstrap.replay(Settings.from_env(os.environ), found), len(found), label="Replaying"
    ) as runs:
        for capture, done in zip(found, runs, strict=True):
            outcomes[done.outcome] += 1
            rejected += done.rejected
            if done.outcome == FAILED:
                failures.append(f"{capture.name}: {done.reason}")
    click.echo(", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())))
    click.echo(f"{rejected} rows rejected")
    for failure in failures:
        click.echo(failure, err=True)


def _failure(problem: str) -> click.ClickException:
    return click.ClickException(" ".join(problem.split()))


def _told(done: Refresh) -> str:
    seconds = (done.finished_at - done.started_at).total_seconds()
    return (
        f"Refresh {done.refresh_id} {done.outcome}: {done.accepted} coins from {done.source},"
        f" {done.rejected} rejected, {seconds:.1f} s"
    )
