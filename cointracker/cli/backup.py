"""`python -m cointracker backup` and `restore`: all databases of the data folder."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
def backup(path: Path | None) -> None:
    """Write every database of the data folder into one file.

    PATH is the new file; without it, it is made in `backups/` of the data folder. It holds one
    state of each database, checked row by row, with a manifest of sizes and hashes. Stop the
    server first.
    """
    from cointracker.bootstrap.features import environment
    from cointracker.core.clock import utc_now
    from cointracker.core.server_settings import DATA_DIR
    from cointracker.features.backup import service

    folder, now = environment()[DATA_DIR], utc_now()
    path = path or service.default_path(folder, now)
    done = service.backup(folder, path, now)
    for copied in done.files:
        click.echo(f"{copied.name}: schema step {copied.step}, {_megabytes(copied.bytes)}")
    click.echo(f"Backup written: {path}, {_megabytes(path.stat().st_size)}")


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
def restore(path: Path) -> None:
    """Put the databases of a backup into the data folder.

    PATH is a file that `backup` wrote. It is checked first. The databases that are there are
    moved into a folder beside them, not overwritten. Stop the server first.
    """
    from cointracker.bootstrap.features import FEATURES, environment
    from cointracker.core.clock import utc_now
    from cointracker.core.feature import APP, MARKET
    from cointracker.core.server_settings import DATA_DIR
    from cointracker.features.backup import service

    newest = max(*FEATURES.migrations(MARKET), *FEATURES.migrations(APP))
    done = service.restore(environment()[DATA_DIR], path, utc_now(), newest_step=newest)
    if done.aside:
        click.echo(f"The previous files are in {done.aside}")
    names = ", ".join(copied.name for copied in done.manifest.files)
    made_at = f"{done.manifest.made_at:%Y-%m-%d %H:%M} UTC"
    click.echo(f"Restored: {names}, as of {made_at}")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
