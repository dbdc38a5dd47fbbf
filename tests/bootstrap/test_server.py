"""What `app.py` is given."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from cointracker.bootstrap.server import lifespan
from cointracker.core.server_settings import DATA_DIR, LANGUAGE
from cointracker.core.services import services
from cointracker.core.settings import Settings
from cointracker.features.monitoring.service import (
    Status,
)
from tests.bootstrap.running import (
    answers,
    status,
)
from tests.faults import (
    FaultServer,
)


def test_the_lifespan_of_the_server(
    settings: Settings, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(server)
    monkeypatch.setenv("COINTRACKER_DATA_DIR", str(settings[DATA_DIR]))
    monkeypatch.setenv("COINTRACKER_COINGECKO_URL", server.url)
    monkeypatch.setenv("COINTRACKER_COINPAPRIKA_URL", "off")
    monkeypatch.setenv("COINTRACKER_LANGUAGE", "fa")

    async def live() -> Status:
        async with lifespan(None):
            assert services().settings[LANGUAGE] == "fa"
            return await asyncio.to_thread(status)

    # On a thread of its own: where a browser is open, this one has a loop running already.
    with ThreadPoolExecutor() as thread:
        assert thread.submit(lambda: asyncio.run(live())).result().source == "coingecko"
    with pytest.raises(RuntimeError):
        services()
