"""The server: what `app.py` is given."""

from __future__ import annotations

import logging
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

from anyio import to_thread

from cointracker.api.app import build_routes
from cointracker.api.middleware.headers import outer_middleware
from cointracker.api.middleware.proxy_headers import ignore_uvicorn_proxy_headers
from cointracker.api.websocket import transport
from cointracker.bootstrap.features import FEATURES, environment
from cointracker.bootstrap.memory import return_memory_early
from cointracker.bootstrap.runtime import Runtime
from cointracker.core.errors import ConfigError
from cointracker.core.services import services


def check_settings() -> None:
    """End the process with one line when a setting cannot be used, before a server is there."""
    try:
        environment()
    except ConfigError as exc:
        sys.exit(f"CoinTracker cannot start. {exc}")


@asynccontextmanager
async def lifespan(_app: Any, is_local: Callable[[], bool] = lambda: False) -> AsyncIterator[None]:
    """What `streamlit run app.py` enters once: everything is built here and closed here.

    is_local: whether the server listens on this machine only.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("cointracker").setLevel(logging.INFO)
    return_memory_early()
    runtime = Runtime(environment(), is_local=is_local())
    await to_thread.run_sync(runtime.start)
    try:
        yield
    finally:
        await to_thread.run_sync(runtime.stop)


def lifespan_where(
    is_local: Callable[[], bool],
) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """The lifespan of a server that can tell whether it listens on this machine only."""
    return partial(lifespan, is_local=is_local)


def routes() -> Sequence[Any]:
    """The JSON API and the WebSockets, served beside the pages."""
    return build_routes(services, FEATURES, environment())


def middleware() -> Sequence[Any]:
    """What stands between the server and pages, API and WebSocket alike."""
    ignore_uvicorn_proxy_headers()
    return [transport.middleware(), *outer_middleware(environment())]
