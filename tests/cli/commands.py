"""Runs commands of the command line in this process, as whoever types them sees them."""

from __future__ import annotations

import os
from contextlib import chdir
from pathlib import Path

from click.testing import CliRunner, Result

from cointracker.cli import main
from cointracker.features.market.rankings import MarketService
from tests.databases import LIVE_FILE, market_database
from tests.fakes import row
from tests.faults import json_reply

GOOD = json_reply([row("bitcoin", market_cap=1e12), row("ether", market_cap=1e11), row("bad", -1)])


def run(folder: Path, *arguments: str, stdin: str | None = None, **variables: str) -> Result:
    """The command with its data in `folder`, and what is piped in; an error of ours is raised."""
    variables.setdefault("COINPAPRIKA_URL", "off")
    unset = dict.fromkeys(name for name in os.environ if name.startswith("COINTRACKER_"))
    own = {f"COINTRACKER_{name}": value for name, value in variables.items()}
    environment = {**unset, "COINTRACKER_DATA_DIR": str(folder), **own}
    with chdir(folder):
        return CliRunner().invoke(
            main,
            arguments,
            input=stdin,
            env=environment,
            prog_name="python -m cointracker",
            catch_exceptions=False,
        )


def failed(done: Result) -> str:
    """The one line that a failed command says."""
    assert done.exit_code == 1, done
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


def prices(folder: Path) -> list[tuple[str, float]]:
    """What the live database of a folder shows."""
    database = market_database(folder / LIVE_FILE)
    frame = MarketService(database).ranking().frame
    database.close()
    return list(zip(frame["coin_id"], frame["price"], strict=True))
