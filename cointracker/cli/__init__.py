"""`python -m cointracker`: what can be done without the server."""

from __future__ import annotations

import logging
import os
from collections import Counter
from pathlib import Path

import click

from cointracker import __version__, bootstrap
from cointracker.cli.export import export
from cointracker.cli.user import user
from cointracker.config import Settings
from cointracker.errors import CoinTrackerError, DatabaseBusy
from cointracker.services.backup import backup as write_backup
from cointracker.services.backup import default_path
from cointracker.services.backup import restore as put_back
from cointracker.services.recordings import captures
from cointracker.sources.base import utc_now
from cointracker.storage.refreshes import FAILED, Refresh

BUSY = (
    "{problem}. The dashboard's server holds it and refreshes it every {interval} s;"
    " POST /api/monitoring/manual-update/ refreshes it now. Stop the server to do this here."
)
BUSY_EXPORT = (
    "{problem}. The dashboard's server holds it; while it runs, GET /api/cryptocurrencies/ tells"
    " the ranking, and its page has downloads. Stop the server to do this here."
)
BUSY_WHOLE = (
    "{problem}. The dashboard's server holds it, and nothing was changed. Stop the server, run"
    " this again, and start it (with Docker: docker compose stop, then docker compose run --rm"
    " cointracker python -m cointracker …, then docker compose start)."
)

BUSY_USERS = (
    "{problem}. The dashboard's server holds it; while it runs an admin does the same on its page"
    " /users. Stop the server to do this here."
)
BUSY_OF = {
    "backup": BUSY_WHOLE, "restore": BUSY_WHOLE, "export": BUSY_EXPORT, "user": BUSY_USERS,
}  # fmt: skip


class Group(click.Group):
    """Turns our errors into one line on stderr and exit code 1."""

    def invoke(self, context: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(context)
        except DatabaseBusy as exc:
            interval = Settings.from_env(os.environ).update_interval_seconds
            busy = BUSY_OF.get(context.invoked_subcommand or "", BUSY)
            raise _failure(busy.format(problem=exc, interval=interval)) from exc
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


@main.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
def backup(path: Path | None) -> None:
    """Write every database of the data folder into one file.

    PATH is the new file; without it, it is made in `backups/` of the data folder. It holds one
    state of each database, checked row by row, with a manifest of sizes and hashes. Stop the
    server first.
    """
    folder, now = Settings.from_env(os.environ).data_dir, utc_now()
    path = path or default_path(folder, now)
    done = write_backup(folder, path, now)
    for copied in done.files:
        click.echo(f"{copied.name}: schema step {copied.step}, {_megabytes(copied.bytes)}")
    click.echo(f"Backup written: {path}, {_megabytes(path.stat().st_size)}")


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
def restore(path: Path) -> None:
    """Put the databases of a backup into the data folder.

    PATH is a file that `backup` wrote. It is checked first. The databases that are there are
    moved into a folder beside them, not overwritten. Stop the server first.
    """
    done = put_back(Settings.from_env(os.environ).data_dir, path, utc_now())
    if done.aside:
        click.echo(f"What was there is set aside in {done.aside}")
    names = ", ".join(copied.name for copied in done.manifest.files)
    made_at = f"{done.manifest.made_at:%Y-%m-%d %H:%M} UTC"
    click.echo(f"Restored: {names}, as of {made_at}")


main.add_command(user)
main.add_command(export)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _failure(problem: str) -> click.ClickException:
    return click.ClickException(" ".join(problem.split()))


def _told(done: Refresh) -> str:
    seconds = (done.finished_at - done.started_at).total_seconds()
    return (
        f"Refresh {done.refresh_id} {done.outcome}: {done.accepted} coins from {done.source},"
        f" {done.rejected} rejected, {seconds:.1f} s"
    )
