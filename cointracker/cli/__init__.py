"""`python -m cointracker`: what can be done without the server.

Commands load what they need when they run, so that `--help` answers at once.
"""

from __future__ import annotations

import logging

import click

from cointracker import __version__
from cointracker.cli.backup import backup, restore
from cointracker.cli.export import export
from cointracker.cli.failure import failure
from cointracker.cli.refresh import refresh, replay
from cointracker.cli.user import user
from cointracker.core.errors import CoinTrackerError, DatabaseBusy

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
BUSY_BY_COMMAND = {
    "backup": BUSY_WHOLE,
    "restore": BUSY_WHOLE,
    "export": BUSY_EXPORT,
    "user": BUSY_USERS,
}


class Group(click.Group):
    """Turns our errors into one line on stderr and exit code 1."""

    def invoke(self, context: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(context)
        except DatabaseBusy as exc:
            busy = BUSY_BY_COMMAND.get(context.invoked_subcommand or "", BUSY)
            raise failure(busy.format(problem=exc, interval=_interval())) from exc
        except CoinTrackerError as exc:
            raise failure(str(exc)) from exc


@click.group(cls=Group)
@click.version_option(__version__, prog_name="cointracker")
def main() -> None:
    """CoinTracker ranks crypto assets by your own weights.

    The dashboard itself is started with `streamlit run app.py`. Settings come from COINTRACKER_*
    environment variables; see docs/settings.md.
    """
    # The commands say themselves what there is to say.
    logging.getLogger("cointracker").addHandler(logging.NullHandler())


for command in (refresh, replay, backup, restore, user, export):
    main.add_command(command)


def _interval() -> int:
    from cointracker.bootstrap.features import environment
    from cointracker.markets.settings import UPDATE_INTERVAL

    return environment()[UPDATE_INTERVAL]
