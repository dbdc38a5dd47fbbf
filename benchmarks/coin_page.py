"""A coin's page in a real Chromium over 1 and 10 million stored rows: from going there to its
last chart.

The rows are laid out as `benchmarks.history` lays them out, with one snapshot of the 250 largest
coins on top. Each view is of another coin and its year, alone or beside five others. A chart is
taken as painted when the first task after the frame that shows it runs. `first` is a visitor
whose browser has nothing of the dashboard yet, `later` one who opens the page once more.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from benchmarks.history import HISTORY_DAYS, MILLIONS, NOW, ROWS_EACH, arrived, coin_ids
from benchmarks.server import ROOT, median, serving
from cointracker.features.monitoring.refresh import RefreshService
from cointracker.features.retention.service import RetentionService
from cointracker.providers.base import MarketBatch, MarketRow
from tests.databases import market_database

COINS, OTHERS, RUNS = 250, 5, 5
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic"]
NOWHERE = "http://127.0.0.1:9"
CHARTS = ["price-chart", "waterfall", "stability-chart", "risk-chart", "places"]
WATCH = """
(charts) => {
  const isDrawn = (chart) => document.querySelector(
    `.st-key-${chart} .js-plotly-plot .trace path`);
  const painted = new MessageChannel();
  painted.port1.onmessage = () => { window.painted = performance.now(); };
  const look = () => charts.every(isDrawn) ? painted.port2.postMessage(null)
    : requestAnimationFrame(look);
  requestAnimationFrame(look);
}
"""


class OneSnapshot:
    """A source that knows some coins at one instant."""

    name = "coingecko"

    def __init__(self, coins: Sequence[str]) -> None:
        chance = np.random.default_rng(1)
        self._markets = tuple(
            MarketRow(
                coin_id=coin,
                symbol=coin[:4],
                name=coin.title(),
                updated_at=NOW,
                price=float(chance.uniform(1, 2)),
                volume_24h=float(chance.uniform(0, 1e6)),
                market_cap=float(chance.lognormal(20, 2)),
                market_cap_rank=place,
                change_24h_pct=float(chance.normal(0, 3)),
            )
            for place, coin in enumerate(coins, start=1)
        )

    def fetch_markets(self, count: int) -> MarketBatch:
        """The first `count` of the coins."""
        return MarketBatch(self.name, NOW, "usd", self._markets[:count], ())


def main(*millions: str) -> None:
    """Print the figures for each size, in millions of rows."""
    print(f"a coin's year in the browser, navigation to last chart, ms, median of {RUNS}")
    print("  rows          alone          beside five others")
    print("              first   later     first   later")
    for size in [int(text) for text in millions] or MILLIONS:
        with tempfile.TemporaryDirectory() as folder:
            coins = _stored(Path(folder) / "cointracker.duckdb", size)
            figures = "  ".join(f"{ms:6.0f}" for ms in _views(folder, coins))
            print(f"  {size:3} million  {figures}")


def _stored(path: Path, size: int) -> list[str]:
    """Fill a database; the coins of its snapshot."""
    ids = coin_ids(size * 1_000_000 // ROWS_EACH)
    known = ids[:: max(1, len(ids) // COINS)][:COINS]
    database = market_database(path)
    try:
        arrived(database, ids)
        RetentionService(database, lambda: NOW, history_days=HISTORY_DAYS).compact()
        RefreshService(database, OneSnapshot(known), count=len(known), clock=lambda: NOW).run(
            "manual"
        )
    finally:
        database.close()
    return known


def _views(folder: str, coins: list[str]) -> Iterator[float]:
    """First and later views of one coin alone, then of one beside others."""
    env = {
        "COINTRACKER_DATA_DIR": folder,
        "COINTRACKER_SOURCE": "coingecko",
        "COINTRACKER_COINGECKO_URL": NOWHERE,
        "COINTRACKER_COINPAPRIKA_URL": "off",
    }
    with serving(ROOT / "app.py", env, "/api/health/") as port, sync_playwright() as runner:
        chromium = runner.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        ahead = cycle(coins)
        url = f"http://127.0.0.1:{port}/coin?lang=en&range=1y"
        _view(chromium, f"{url}&coin={next(ahead)}", CHARTS)
        for others in (0, OTHERS):
            charts = CHARTS if others == 0 else [*CHARTS, "compare"]
            pairs = []
            for _ in range(RUNS):
                asked = [next(ahead) for _ in range(others + 1)]
                more = urlencode({"coin": asked[0], "with": ",".join(asked[1:])})
                pairs.append(_view(chromium, f"{url}&{more}", charts))
            yield from (median(list(times)) for times in zip(*pairs, strict=True))


def _view(chromium: Browser, url: str, charts: list[str]) -> tuple[float, float]:
    """Milliseconds to the last chart for a new browser, and when it comes again."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    times = []
    for _ in range(2):
        page.goto(url, wait_until="commit")
        page.evaluate(WATCH, charts)
        page.wait_for_function("window.painted", timeout=120_000)
        times.append(float(page.evaluate("painted")))
    context.close()
    return times[0], times[1]
